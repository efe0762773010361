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

    public static TrainerProcess Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "OrleansTagging.Trainer.dll"));
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }
        return new TrainerProcess(Process.Start(start)!);
    }

    public async Task SendAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
    }

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
