using System.Diagnostics;

namespace OrleansTagging.Commands.Tests;

public sealed class ProcessTests : IDisposable
{
    private const char Escape = '\u001b';

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(TaggingProcess.Interrupt)]
    [InlineData(TaggingProcess.Terminate)]
    public async Task A_signal_stops_a_command_cleanly_with_130(int signal)
    {
        // Hours of work, of which nothing may stay behind.
        using var tagging = TaggingProcess.Start(
            _folder.Root, environment: null, "dataset", "synth", "--out", "dataset", "--scale", "1000");
        bool HasBegun() => Directory.EnumerateFiles(_folder.Root, "*.wav", SearchOption.AllDirectories).Any();
        Assert.True(await tagging.UntilAsync(HasBegun), tagging.Error);

        tagging.Signal(signal);

        Assert.Equal(ExitCode.Interrupted, await tagging.EndAsync());
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Root));
        Assert.Single(tagging.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Piped_output_has_no_escape_codes_and_is_utf8()
    {
        var (code, data, messages) = await TaggingProcess.RunAsync(
            _folder.Root, "evaluate", "--labels", Golden.Path("evaluate_labels.csv"),
            "--predictions", Golden.Path("evaluate_predictions.csv"), "--per-class");

        Assert.Equal(ExitCode.Success, code);
        Assert.DoesNotContain(Escape, data + messages);
        Assert.Contains("class_00", data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_terminal_that_wants_no_colour_gets_none()
    {
        var seen = await OnTerminalAsync(noColor: true);
        // The runtime itself may set the keypad's mode; that is no colour.
        Assert.DoesNotMatch(@"\u001b\[[0-9;]*[A-Za-z]", seen);
        Assert.Contains("class_00", seen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_wrapper_runs_from_any_folder_and_through_a_link()
    {
        var wrapper = Path.Combine(Repository(), "eng", "tagging");
        File.CreateSymbolicLink(_folder["tagging"], wrapper);

        string[] wrong = ["evaluate", "--labels", "none.csv", "--predictions", "none.csv"];
        using var process = Process.Start(new ProcessStartInfo(_folder["tagging"], wrong)
        {
            WorkingDirectory = _folder.Root,
            RedirectStandardError = true,
        })!;
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(ExitCode.BadInput, process.ExitCode);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>Runs an evaluation on a pseudo-terminal and gives all that it showed.</summary>
    private async Task<string> OnTerminalAsync(bool noColor)
    {
        if (!File.Exists("/usr/bin/script"))
        {
            Assert.Skip("No 'script' here to open a pseudo-terminal with.");
        }
        var console = Path.Combine(Repository(), "eng", "tagging");
        var command = $"'{console}' evaluate --labels '{Golden.Path("evaluate_labels.csv")}' "
            + $"--predictions '{Golden.Path("evaluate_predictions.csv")}' --per-class";
        var start = new ProcessStartInfo("/usr/bin/script", ["-qec", command, "/dev/null"])
        {
            WorkingDirectory = _folder.Root,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
        start.Environment["TERM"] = "xterm-256color";
        if (noColor)
        {
            start.Environment["NO_COLOR"] = "1";
        }
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var seen = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return seen;
    }

    private static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "OrleansTagging.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests run outside of the repository.");
        }
        return folder.FullName;
    }
}
