using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Orleans;
using OrleansTagging.Abstractions;
using OrleansTagging.Grains;
using OrleansTagging.Recipe;

namespace OrleansTagging.Commands.Inspection;

/// <summary><c>inspect job</c>: one job, its Trainer and its result.</summary>
internal sealed class InspectJobCommand : InspectCommand<JobRecord>
{
    private const double Mebibyte = 1 << 20;

    private readonly Argument<string> _job = new("JOB") { Description = "Id of the job, as in inspect fold" };

    public InspectJobCommand(Terminal terminal) : base(
        terminal,
        "job",
        "Shows one job: its state, its Trainer's attempts, memory and last lines.",
        "tagging inspect job cpu-0123456789abcdef0123456789abcdef")
        => Arguments.Add(_job);

    protected override async Task<JobRecord?> AskAsync(ParseResult line, GrainConnection host)
    {
        var job = line.GetRequiredValue(_job);
        var scheduler = host.Grains.GetGrain<ISchedulerGrain>(ISchedulerGrain.Key);
        // Where no silo has the job's device, none can hold its grain; what is stored is all there is to tell.
        var record = await scheduler.HasDevice(AcceleratorPlacementDirector.AcceleratorOf(job))
            ? await host.Grains.GetGrain<ITrainingGrain>(job).Describe()
            : await StoredJob.ReadAsync(host.Store, job, CancellationToken.None);
        return record is not { Status: JobStatus.Queued, Waits: null }
            ? record
            : record with { Waits = Queued(await scheduler.Describe(), job) };
    }

    protected override string StateOf(ParseResult line, JobRecord record) => $"grain/training/{record.Job}/training";

    protected override string NotThere(ParseResult line) =>
        $"Nobody asked for a job '{line.GetRequiredValue(_job)}' in the store {StoreOf(line)}; tagging inspect fold names the jobs.";

    protected override void Show(JobRecord record)
    {
        Terminal.WriteFacts(
            $"Job {record.Job}",
            ("what", record.What),
            ("state", record.Problem is { } problem ? $"{State(record)}: {problem}" : State(record)),
            ("attempts", Figures.Count(record.Attempts)),
            ("waits for", Figures.Text(record.Waits)),
            ("last output", Figures.Text(record.Log)),
            ("exit code", record.ExitCode is { } code ? Figures.Count(code) : Figures.Absent),
            ("seconds", record.Seconds?.ToString("0.0", CultureInfo.InvariantCulture) ?? Figures.Absent),
            ("peak memory", record.PeakMemory is { } bytes ? $"{Figures.Count((long)Math.Ceiling(bytes / Mebibyte))} MiB" : Figures.Absent),
            ("host", Figures.Text(record.Host)),
            ("document", record.Document));
        if (record.Result is { } json && JsonSerializer.Deserialize(json, RecipeJson.Default.JobResult) is { } result)
        {
            Terminal.WriteFacts(
                "Result",
                ("lwlrap", Figures.Lwlrap(result.Lwlrap)),
                ("loss", Figures.Lwlrap(result.Loss)),
                ("weights", Figures.Text(result.Weights)),
                ("predictions", result.Predictions),
                ("learning curve", Figures.Text(result.Curve)));
        }
        foreach (var said in record.LastOutput)
        {
            Terminal.Out.WriteLine($"  {said}");
        }
    }

    private static string? Queued(SchedulerRecord scheduler, string job)
    {
        var place = Array.FindIndex(scheduler.Queue, ticket => ticket.Request.Job == job);
        return place < 0 ? null
            : scheduler.Queue[place].Paused ? "its experiment, which is paused"
            : $"a device ({scheduler.Queue[place].Accelerator}); {Figures.Count(place)} jobs go first";
    }

    private static string State(JobRecord record) => record.Status.ToString().ToLowerInvariant();
}
