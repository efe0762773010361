namespace OrleansTagging.Commands.Tests;

public sealed class HelpTests
{
    public static TheoryData<string> Commands => new(
        "", "dataset", "dataset synth", "dataset import", "dataset show", "plan", "run", "compare", "predict",
        "inspect", "inspect experiment", "inspect round", "inspect clip", "inspect fold", "inspect job",
        "inspect curriculum", "inspect member", "inspect dataset", "inspect scheduler", "inspect silo", "why", "decide", "decide ban",
        "decide promote", "decide clear", "diff", "tree", "export",
        "store", "store copy", "store gc", "store verify", "evaluate", "curate", "blend", "features",
        "silo", "silo start", "submit", "list", "watch", "pause", "resume", "cancel", "priority", "console", "completion", "doctor");

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Help_shows_an_example_of_the_command_within_80_columns(string command)
    {
        var answer = (await Invocation.OfAsync([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"])).Succeeded();

        var example = answer.Out[answer.Out.IndexOf("Example:", StringComparison.Ordinal)..];
        Assert.Contains($"tagging {command}".TrimEnd(), example, StringComparison.Ordinal);
        // An example is one line that can be copied, however long.
        Assert.All(answer.Out[..^example.Length].Split('\n'), line => Assert.True(line.TrimEnd().Length <= 80, line));
        Assert.Equal("", answer.Error);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task An_unknown_option_is_refused_in_one_line(string command) =>
        (await Invocation.OfAsync([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--speed=11"]))
            .Refused("--speed", "--help");

    [Fact]
    public async Task An_unknown_command_is_refused_in_one_line() => (await Invocation.OfAsync("evalute")).Refused("'evalute'");

    [Fact]
    public async Task No_command_is_refused_in_one_line() => (await Invocation.OfAsync()).Refused("tagging --help");

    [Fact]
    public async Task A_missing_option_is_refused_in_one_line() =>
        (await Invocation.OfAsync("evaluate")).Refused("--labels", "tagging evaluate --help");
}
