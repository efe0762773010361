using System.CommandLine;
using OrleansTagging.Abstractions;
using OrleansTagging.Commands.Options;
using OrleansTagging.Labels;

namespace OrleansTagging.Commands.Inspection;

/// <summary><c>decide ban</c>, <c>decide promote</c>, <c>decide clear</c>: what a person knows better than the models about a noisy clip.</summary>
internal sealed class DecideCommand : TaggingCommand
{
    private readonly Terminal _terminal;
    private readonly DecisionKind? _kind;
    private readonly KeyArgument _clip = new("The curriculum and the noisy clip", "EXPERIMENT", "CURRICULUM", "FNAME");
    private readonly Option<string> _reason = new("--reason") { HelpName = "TEXT", Description = "Why, in one line" };
    private readonly Option<string?> _by = new("--by") { HelpName = "NAME", Description = "Who decides [default: the user's name]" };
    private readonly StoreOption _store = new();
    private readonly ConnectOption _connect = new();
    private readonly JsonOption _json = new();

    private DecideCommand(Terminal terminal, string name, DecisionKind? kind, string description, string example)
        : base(name, description, example)
    {
        (_terminal, _kind) = (terminal, kind);
        Arguments.Add(_clip);
        if (kind is not null)
        {
            _reason.Required = true;
            Options.Add(_reason);
        }
        Options.Add(_by);
        Options.Add(_store);
        Options.Add(_connect);
        Options.Add(_json);
    }

    /// <summary>The group <c>decide</c>.</summary>
    public static CommandGroup Group(Terminal terminal) => new(
        "decide",
        "Bans or promotes a noisy clip by hand; the next selection honours it, and its round's record and the report say so.",
        "tagging decide ban demo/main 0a1b2c3d.wav --reason 'only hiss'",
        new DecideCommand(terminal, "ban", DecisionKind.Ban, "Bans a noisy clip: no round selects it, nor is it relabelled.",
            "tagging decide ban demo/main 0a1b2c3d.wav --reason 'only hiss'"),
        new DecideCommand(terminal, "promote", DecisionKind.Promote,
            "Promotes a noisy clip: every round selects it; it counts toward the clips that the round promotes.",
            "tagging decide promote demo/main 0a1b2c3d.wav --reason 'a clear bell'"),
        new DecideCommand(terminal, "clear", kind: null, "Takes back what was decided about a noisy clip.",
            "tagging decide clear demo/main 0a1b2c3d.wav"));

    protected override async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var (clip, curriculum) = (_clip.Of(line)[2]!, string.Join('/', _clip.Of(line).Take(2)));
        await using var host = await GrainConnection.OpenAsync(line, StoreOption.OpenExisting(line), cancellationToken);
        var answer = await host.Grains.GetGrain<ICurriculumGrain>(curriculum).Decide(new DecisionRequest
        {
            Fname = clip,
            Kind = _kind,
            By = line.GetValue(_by) ?? Environment.UserName,
            Reason = _kind is null ? "" : line.GetRequiredValue(_reason),
        }).WaitAsync(cancellationToken);
        if (answer.Problem is { } refusal)
        {
            throw new InputException(refusal);
        }
        if (line.GetValue(_json))
        {
            _terminal.WriteJson(answer);
        }
        else
        {
            var done = answer.Decision is { } decision ? DecisionText.Verb(decision.Kind) : "left to the models again";
            _terminal.Out.WriteLine($"{clip} is {done} from round {Figures.Count(answer.FromRound!.Value)} of {curriculum} on.");
        }
        return ExitCode.Success;
    }
}
