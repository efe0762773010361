using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace OrleansTagging.Commands.Tests;

/// <summary>The built console as a process of its own, its outputs piped.</summary>
public sealed partial class TaggingProcess : IDisposable
{
    /// <summary>SIGINT, what Ctrl-C sends.</summary>
    public const int Interrupt = 2;

    /// <summary>SIGKILL, which no process hears of.</summary>
    public const int Kill = 9;

    /// <summary>SIGTERM.</summary>
    public const int Terminate = 15;

    /// <summary>Longer than any command of the tests takes on a busy machine: one that hangs fails its test instead of holding up all.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(10);

    private readonly Process _process;
    private readonly StringBuilder _out = new();
    private readonly StringBuilder _error = new();

    private TaggingProcess(Process process) => _process = process;

    /// <summary>What it wrote to standard output so far.</summary>
    public string Out => Text(_out);

    /// <summary>What it wrote to standard error so far.</summary>
    public string Error => Text(_error);

    /// <summary>Starts the console in a folder.</summary>
    public static TaggingProcess Start(string folder, IReadOnlyDictionary<string, string>? environment, params string[] args)
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        var console = Path.Combine(own.Parent!.Parent!.FullName, "Console", own.Name, "tagging.dll");
        // A script's background job ignores SIGINT and its children inherit that; here it is to end them, as it would at a terminal.
        var start = new ProcessStartInfo("env")
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add("--default-signal=INT");
        start.ArgumentList.Add("dotnet");
        start.ArgumentList.Add(console);
        foreach (var arg in args)
        {
            start.ArgumentList.Add(arg);
        }
        start.Environment.Remove("TAGGING_STORE");
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }
        var process = new Process { StartInfo = start };
        var tagging = new TaggingProcess(process);
        process.OutputDataReceived += (_, line) => Append(tagging._out, line.Data);
        process.ErrorDataReceived += (_, line) => Append(tagging._error, line.Data);
        process.Start();
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return tagging;
    }

    /// <summary>Runs the console to its end.</summary>
    public static async Task<(int Code, string Out, string Error)> RunAsync(string folder, params string[] args) =>
        await RunAsync(folder, environment: null, args);

    /// <summary>Runs the console to its end with further environment variables.</summary>
    public static async Task<(int Code, string Out, string Error)> RunAsync(
        string folder, IReadOnlyDictionary<string, string>? environment, params string[] args)
    {
        using var tagging = Start(folder, environment, args);
        var code = await tagging.EndAsync();
        return (code, tagging.Out, tagging.Error);
    }

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>Sends a signal to it.</summary>
    public void Signal(int signal) => Assert.Equal(0, SendSignal(_process.Id, signal));

    /// <summary>Sends a signal to any process; one that has ended does not hear it.</summary>
    public static void Signal(int process, int signal) => _ = SendSignal(process, signal);

    /// <summary>Waits for its end and gives its exit code.</summary>
    public async Task<int> EndAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(s_patience);
        return _process.ExitCode;
    }

    /// <summary>Waits until something holds, or until it has ended.</summary>
    public async Task<bool> UntilAsync(Func<bool> holds)
    {
        while (!holds())
        {
            if (_process.HasExited)
            {
                return holds();
            }
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }
        _process.Dispose();
    }

    private static void Append(StringBuilder text, string? line)
    {
        if (line is not null)
        {
            lock (text)
            {
                text.Append(line).Append('\n');
            }
        }
    }

    private static string Text(StringBuilder text)
    {
        lock (text)
        {
            return text.ToString();
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);
}
