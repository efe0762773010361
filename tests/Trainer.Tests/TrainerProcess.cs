using System.Diagnostics;
using OrleansTagging.Recipe;

namespace OrleansTagging.Trainer.Tests;

/// <summary>The built Trainer, started as the silo starts it.</summary>
internal sealed class TrainerProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _errors;

    private TrainerProcess(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
    }

    public List<TrainerMessage> Messages { get; } = [];

    public static TrainerProcess Start(params string[] arguments) =>
        Start("dotnet", [Path.Combine(AppContext.BaseDirectory, "OrleansTagging.Trainer.dll"), .. arguments]);

    /// <summary>Starts it as the child of a shell that waits for it; this process holds its input all the same.</summary>
    public static TrainerProcess StartBelowShell(params string[] arguments) => Start(
        "sh",
        ["-c", "exec 3<&0; \"$@\" <&3 & wait", "sh", "dotnet", Path.Combine(AppContext.BaseDirectory, "OrleansTagging.Trainer.dll"), .. arguments]);

    private static TrainerProcess Start(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return new TrainerProcess(Process.Start(start)!);
    }

    /// <summary>Kills the process that was started, and no other, where it stands.</summary>
    public void Kill() => _process.Kill(entireProcessTree: false);

    public async Task SendAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
    }

    public bool HasExited => _process.HasExited;

    public void CloseInput() => _process.StandardInput.Close();

    /// <summary>The next message; <c>null</c> at the end.</summary>
    public async Task<TrainerMessage?> HearAsync()
    {
        var line = await _process.StandardOutput.ReadLineAsync();
        if (line is null)
        {
            return null;
        }
        var message = TrainerMessage.TryParse(line);
        Assert.NotNull(message);
        Messages.Add(message);
        return message;
    }

    /// <summary>Follows the process to its end.</summary>
    public async Task<(int Code, string Errors)> EndAsync()
    {
        while (await HearAsync() is not null)
        {
        }
        await _process.WaitForExitAsync();
        return (_process.ExitCode, await _errors);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }
        _process.Dispose();
    }
}
