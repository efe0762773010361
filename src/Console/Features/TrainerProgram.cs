using System.Diagnostics;
using OrleansTagging.Labels;

namespace OrleansTagging.Commands.Features;

/// <summary>The Trainer: the one program that loads the tensor library, started as a process of its own.</summary>
internal static class TrainerProgram
{
    private const string Variable = "TAGGING_TRAINER";
    private const string FileName = "OrleansTagging.Trainer.dll";

    /// <summary>Path of the Trainer (<see cref="Find"/>).</summary>
    /// <exception cref="InputException">It is nowhere.</exception>
    public static string Locate() => Find()
        ?? throw new InputException(
            $"The Trainer is not there ({Named() ?? Places()[0]}); build it with eng/setup.sh, or name it with {Variable}.");

    /// <summary>
    /// Path of the Trainer: <c>$TAGGING_TRAINER</c>, else beside the console's build output, else in <c>trainer/</c> below the console;
    /// <c>null</c> where there is none.
    /// </summary>
    public static string? Find() =>
        Named() is { } named ? (File.Exists(named) ? Path.GetFullPath(named) : null) : Places().FirstOrDefault(File.Exists);

    /// <summary>Runs the Trainer to its end.</summary>
    /// <returns>Its exit code and what it wrote to standard error.</returns>
    public static async Task<(int Code, string Error)> RunAsync(IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var (code, _, error) = await AnswerAsync(arguments, cancellationToken);
        return (code, error);
    }

    /// <summary>Runs the Trainer to its end.</summary>
    /// <returns>Its exit code, and what it wrote to standard output and to standard error.</returns>
    public static async Task<(int Code, string Out, string Error)> AnswerAsync(
        IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var program = Locate();
        var own = Environment.ProcessPath;
        var start = new ProcessStartInfo(Path.GetFileNameWithoutExtension(own) == "dotnet" ? own! : "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(program);
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }
        using var process = Process.Start(start) ?? throw new InvalidOperationException("The Trainer could not be started.");
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var error = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return (process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    private static string? Named() => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named ? named : null;

    private static string[] Places()
    {
        var own = Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory);
        return
        [
            Path.GetFullPath(Path.Combine(own, "..", "..", "Trainer", Path.GetFileName(own), FileName)),
            Path.Combine(own, "trainer", FileName),
        ];
    }
}
