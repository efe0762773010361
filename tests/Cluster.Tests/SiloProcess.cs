using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using OrleansTagging.Grains.Clustering;

namespace OrleansTagging.Cluster.Tests;

/// <summary>
/// The built silo as a process of its own, configured by its environment alone, with ports that it keeps when it is restarted.
/// </summary>
internal sealed partial class SiloProcess(IReadOnlyDictionary<string, string> environment) : IDisposable
{
    private const int KillSignal = 9;
    private const int TerminateSignal = 15;
    private const int StopSignal = 19;
    private const int ContinueSignal = 18;

    // Far beyond what a loaded machine needs; it only ends a wait that would never end.
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);

    private readonly StringBuilder _log = new();
    private readonly int _siloPort = LoopbackPorts.Free();
    private readonly int _gatewayPort = LoopbackPorts.Free();
    private readonly int _httpPort = LoopbackPorts.Free();
    private Process? _process;

    /// <summary>What it wrote in all its lives.</summary>
    public string Log
    {
        get
        {
            lock (_log)
            {
                return _log.ToString();
            }
        }
    }

    public IPEndPoint Gateway => new(IPAddress.Loopback, _gatewayPort);

    public bool Lives => _process is { HasExited: false };

    public bool Owns(Orleans.Runtime.SiloAddress address) => address.Endpoint.Port == _siloPort;

    /// <summary>Starts it, or starts it again.</summary>
    public void Start()
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        var silo = Path.Combine(own.Parent!.Parent!.FullName, "Silo", own.Name, "OrleansTagging.Silo.dll");
        var start = new ProcessStartInfo("dotnet", [silo])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }
        start.Environment["Tagging__SiloPort"] = _siloPort.ToString(CultureInfo.InvariantCulture);
        start.Environment["Tagging__GatewayPort"] = _gatewayPort.ToString(CultureInfo.InvariantCulture);
        start.Environment["Tagging__HttpUrl"] = $"http://127.0.0.1:{_httpPort}";
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Append(line.Data);
        _process.ErrorDataReceived += (_, line) => Append(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Waits until it takes jobs.</summary>
    public async Task ReadyAsync()
    {
        var watch = Stopwatch.StartNew();
        while (await AskAsync("/health/ready") != HttpStatusCode.OK)
        {
            Assert.True(Lives, $"The silo ended: {Log}");
            Assert.True(watch.Elapsed < _patience, $"The silo never became ready: {Log}");
            await Task.Delay(100);
        }
    }

    /// <summary>The status of an answer; <c>null</c> where there is none.</summary>
    public async Task<HttpStatusCode?> AskAsync(string path)
    {
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_httpPort}") };
        try
        {
            using var answer = await client.GetAsync(path);
            return answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    /// <summary>Its Trainers now.</summary>
    public int[] Trainers() =>
        [.. Process.GetProcesses().Select(process => process.Id).Where(process => ParentOf(process) == _process!.Id).Order()];

    /// <summary>Kills a Trainer.</summary>
    public static void Kill(int trainer) => Send(trainer, KillSignal);

    /// <summary>The machine dies: the silo and its Trainers, none of which hears of it.</summary>
    public async Task DieAsync()
    {
        // The silo first, lest it report the end of its Trainers.
        foreach (var process in (int[])[_process!.Id, .. Trainers()])
        {
            Send(process, KillSignal);
        }
        await _process.WaitForExitAsync();
    }

    /// <summary>Stands still with its Trainers until it goes on.</summary>
    public void Freeze() => SendAll(StopSignal);

    /// <summary>Goes on after it stood still.</summary>
    public void GoOn() => SendAll(ContinueSignal);

    /// <summary>Asks it to stop and gives its exit code and the time it took.</summary>
    public async Task<(int Code, TimeSpan Time)> StopAsync()
    {
        var watch = Stopwatch.StartNew();
        Send(_process!.Id, TerminateSignal);
        await _process.WaitForExitAsync().WaitAsync(_patience);
        return (_process.ExitCode, watch.Elapsed);
    }

    public void Dispose()
    {
        if (Lives)
        {
            _process!.Kill(entireProcessTree: true);
        }
        _process?.Dispose();
    }

    private void Append(string? line)
    {
        lock (_log)
        {
            _log.AppendLine(line);
        }
    }

    // "pid (name) state ppid …"; the name may hold anything, so what follows its last bracket is read.
    private static int ParentOf(int process)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{process}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private void SendAll(int signal)
    {
        foreach (var process in Lives ? (int[])[_process!.Id, .. Trainers()] : [])
        {
            Send(process, signal);
        }
    }

    private static void Send(int process, int signal) => _ = SendSignal(process, signal);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);
}
