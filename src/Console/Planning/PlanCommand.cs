using System.CommandLine;
using OrleansTagging.Commands.Options;
using OrleansTagging.Grains.Planning;
using OrleansTagging.Labels;
using OrleansTagging.Recipe;
using OrleansTagging.Storage;

namespace OrleansTagging.Commands.Planning;

/// <summary><c>plan</c>: what a run would train, what the store has already, and how long it would take; starts nothing.</summary>
internal sealed class PlanCommand : TaggingCommand
{
    // As much of a job's id as sets it apart; --explain takes the beginning of one.
    private const int ShownDigits = 16;

    private readonly Terminal _terminal;
    private readonly Argument<string?> _file = new("FILE") { Description = "The experiment file, YAML", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string?> _explain = new("--explain")
    {
        HelpName = "JOB",
        Description = "Say which inputs set this job apart from the nearest one that the store has",
    };

    private readonly Option<bool> _brief = new("--brief") { Description = "Leave the list of jobs out" };
    private readonly StoreOption _store = new();
    private readonly JsonOption _json = new();

    public PlanCommand(Terminal terminal) : base(
        "plan",
        "Shows what a run would train, what the store has already, and the estimated time, before anything starts. "
        + "It reads the store alone, also while an experiment runs on it.",
        "tagging plan examples/third-place.yaml --brief")
    {
        _terminal = terminal;
        Arguments.Add(_file);
        Options.Add(_explain);
        Options.Add(_brief);
        Options.Add(_store);
        Options.Add(_json);
    }

    protected override async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var path = line.GetValue(_file);
        var job = line.GetValue(_explain);
        if (path is null && job is null)
        {
            throw new InputException("Name the experiment file to plan. See: tagging plan --help");
        }
        var file = path is null ? null : ExperimentFile.Parse(InputFile.ReadText(path), path);
        var store = StoreOption.OpenExisting(line);
        if (job is not null)
        {
            Explain(await ExperimentPlanner.ExplainAsync(store, file, path ?? "", job, cancellationToken), line.GetValue(_json));
            return ExitCode.Success;
        }
        var plan = await ExperimentPlanner.PlanAsync(store, file!, path!, cancellationToken);
        if (line.GetValue(_json))
        {
            _terminal.WriteJson(plan);
        }
        else
        {
            Show(plan, line.GetValue(_brief));
        }
        return ExitCode.Success;
    }

    private void Show(ExperimentPlan plan, bool brief)
    {
        if (!brief)
        {
            _terminal.WriteTable(Jobs(plan));
        }
        _terminal.WriteTable(Parts(plan));
        _terminal.Out.WriteLine("A round's jobs are those of its scorer. shared: jobs that a line above has already.");
        _terminal.Out.WriteLine();
        _terminal.Out.WriteLine($"{plan.Experiment} on {plan.Dataset}: {Figures.Count(plan.Jobs.Length)} jobs, "
            + $"{Figures.Count(plan.Count(PlannedState.Done))} done, {Figures.Count(plan.Count(PlannedState.New))} new, "
            + $"{Figures.Count(plan.Count(PlannedState.Later))} later (what they work on is not there yet).");
        _terminal.Out.WriteLine(plan.Time.DeviceSeconds == 0
            ? "Nothing is left to run."
            : $"About {Duration(plan.Time.Seconds)} {On(plan.Time)}, from {plan.Time.Source}.");
    }

    private static string On(PlannedTime time) => time.Cuda
        ? "on one GPU"
        : $"on this machine, {Figures.Count(time.AtATime)} {(time.AtATime == 1 ? "job" : "jobs")} at a time";

    private static DataTable Jobs(ExperimentPlan plan)
    {
        var table = new DataTable(
            "Jobs", "job", "of", "what", DataColumn.Figure("fold"), DataColumn.Figure("clips"), "state", DataColumn.Figure("time"));
        foreach (var job in plan.Jobs)
        {
            table.Add(
                Figures.Text(job.Job?[..Math.Min(ShownDigits, job.Job.Length)]),
                job.Part,
                job.Kind,
                Figures.Count(job.Fold),
                Figures.Count(job.Clips),
                job.State.ToString().ToLowerInvariant(),
                job.State == PlannedState.Done ? Figures.Absent : Duration(job.Seconds));
        }
        return table;
    }

    private static DataTable Parts(ExperimentPlan plan)
    {
        // No model and no trainings apart from predictions: names are long where settings vary, and --json has them.
        var table = new DataTable(
            "Plan", "round or member", "trained on", DataColumn.Figure("clips"), DataColumn.Figure("jobs"), DataColumn.Figure("done"),
            DataColumn.Figure("shared"), DataColumn.Figure("time"));
        foreach (var part in plan.Parts)
        {
            table.Add(
                part.Name,
                part.Selection,
                Figures.Count(part.Clips),
                Figures.Count(part.Trainings + part.Predictions),
                Figures.Count(part.TrainingsDone + part.PredictionsDone),
                Figures.Count(part.Shared),
                part.Seconds == 0 ? Figures.Absent : Duration(part.Seconds));
        }
        return table;
    }

    private static string Duration(double seconds) => Figures.Duration(TimeSpan.FromSeconds(Math.Ceiling(seconds)));

    private void Explain(JobExplanation explanation, bool asJson)
    {
        if (asJson)
        {
            _terminal.WriteJson(explanation);
            return;
        }
        if (explanation.Nearest is null)
        {
            _terminal.Out.WriteLine($"{explanation.Job}: the store has no job of its kind to compare it with; all of it is new.");
            return;
        }
        _terminal.Out.WriteLine(explanation.Job);
        _terminal.Out.WriteLine($"beside {explanation.Nearest}, the nearest that the store has ({explanation.NearestWhat}):");
        foreach (var difference in explanation.Differences)
        {
            _terminal.Out.WriteLine(difference.Clips is { } clips
                ? $"  {difference.Input}: {clips}"
                : $"  {difference.Input}: {difference.Here}, there {difference.There}");
        }
    }
}
