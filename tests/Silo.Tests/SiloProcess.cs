using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using OrleansTagging.Grains.Clustering;

namespace OrleansTagging.Silo.Tests;

/// <summary>The built silo as a process, with ports of its own that it keeps when it is started again.</summary>
internal sealed class SiloProcess : IDisposable
{
    // Far beyond what a loaded machine needs; it only ends a wait that would never end.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly IReadOnlyDictionary<string, string> _environment;
    private readonly string[] _arguments;
    private readonly StringBuilder _log = new();
    private readonly StringBuilder _error = new();
    private Process? _process;

    /// <summary>A silo that is not up.</summary>
    /// <param name="environment">Further environment variables.</param>
    /// <param name="arguments">Arguments, which go before the environment.</param>
    public SiloProcess(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        (_environment, _arguments) = (environment, arguments);
        Gateway = new IPEndPoint(IPAddress.Loopback, LoopbackPorts.Free());
        Http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{LoopbackPorts.Free()}") };
    }

    /// <summary>Asks it.</summary>
    public HttpClient Http { get; }

    /// <summary>Where clients of the cluster reach it.</summary>
    public IPEndPoint Gateway { get; }

    /// <summary>Where other silos reach it.</summary>
    public int SiloPort { get; } = LoopbackPorts.Free();

    /// <summary>Whether it is up.</summary>
    public bool Lives => _process is { HasExited: false };

    /// <summary>What it wrote in all its lives.</summary>
    public string Log => Read(_log);

    /// <summary>Bytes of its resident set.</summary>
    public long ResidentBytes
    {
        get
        {
            Running.Refresh();
            return Running.WorkingSet64;
        }
    }

    private Process Running => _process ?? throw new InvalidOperationException("The silo was never started.");

    /// <summary>Starts one.</summary>
    public static SiloProcess Start(params string[] arguments) => Start(new Dictionary<string, string>(), arguments);

    /// <summary>Starts one with further environment variables.</summary>
    public static SiloProcess Start(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var silo = new SiloProcess(environment, arguments);
        silo.Start();
        return silo;
    }

    /// <summary>Runs one to its end, which comes by itself, and gives its exit code and what it wrote.</summary>
    public static async Task<(int Code, string Error)> RefusedAsync(params string[] arguments)
    {
        using var silo = Start(arguments);
        return await silo.EndAsync();
    }

    /// <summary>Starts it, or starts it again.</summary>
    public void Start()
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        var silo = Path.Combine(own.Parent!.Parent!.FullName, "Silo", own.Name, "OrleansTagging.Silo.dll");
        var start = new ProcessStartInfo("dotnet", [silo, .. _arguments])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            // Its settings are beside it, not here.
            WorkingDirectory = Path.GetTempPath(),
        };
        foreach (var (name, value) in _environment)
        {
            start.Environment[name] = value;
        }
        start.Environment["Tagging__SiloPort"] = SiloPort.ToString(CultureInfo.InvariantCulture);
        start.Environment["Tagging__GatewayPort"] = Gateway.Port.ToString(CultureInfo.InvariantCulture);
        start.Environment["Tagging__HttpUrl"] = Http.BaseAddress!.GetLeftPart(UriPartial.Authority);
        _process?.Dispose();
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Write(line.Data, _log);
        _process.ErrorDataReceived += (_, line) => Write(line.Data, _log, _error);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Waits until it takes jobs.</summary>
    public async Task ReadyAsync()
    {
        var watch = Stopwatch.StartNew();
        while (!await IsReadyAsync())
        {
            Assert.True(Lives, $"The silo ended: {Log}");
            Assert.True(watch.Elapsed < Patience, $"The silo never became ready: {Log}");
            await Task.Delay(100);
        }
    }

    /// <summary>Whether it takes jobs.</summary>
    public async Task<bool> IsReadyAsync() => await StatusAsync("/health/ready") == HttpStatusCode.OK;

    /// <summary>The status of an answer; <c>null</c> where nobody listens.</summary>
    public async Task<HttpStatusCode?> StatusAsync(string path, string? token = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (token is not null)
        {
            request.Headers.Authorization = new("Bearer", token);
        }
        try
        {
            using var answer = await Http.SendAsync(request);
            return answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    /// <summary>Its Trainers now.</summary>
    public int[] Trainers() =>
        [.. Process.GetProcesses().Select(process => process.Id).Where(process => ParentOf(process) == Running.Id).Order()];

    /// <summary>Kills a Trainer.</summary>
    public static void Kill(int trainer) => Signal("KILL", trainer);

    /// <summary>The machine dies: the silo and its Trainers, none of which hears of it.</summary>
    public async Task DieAsync()
    {
        // The silo first, lest it report the end of its Trainers.
        Signal("KILL", [Running.Id, .. Trainers()]);
        await Running.WaitForExitAsync();
    }

    /// <summary>Stands still with its Trainers until it goes on.</summary>
    public void Freeze() => SignalAll("STOP");

    /// <summary>Goes on after it stood still.</summary>
    public void GoOn() => SignalAll("CONT");

    /// <summary>Asks it to stop, and gives its exit code and the time it took.</summary>
    public async Task<(int Code, TimeSpan Time)> StopAsync()
    {
        var watch = Stopwatch.StartNew();
        Terminate();
        await Running.WaitForExitAsync().WaitAsync(Patience);
        return (Running.ExitCode, watch.Elapsed);
    }

    /// <summary>Asks it to stop.</summary>
    public void Terminate() => Signal("TERM", Running.Id);

    /// <summary>Waits for its end and gives its exit code and what it wrote for its user.</summary>
    public async Task<(int Code, string Error)> EndAsync()
    {
        try
        {
            await Running.WaitForExitAsync().WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"The silo never ended: {Log}");
        }
        return (Running.ExitCode, Read(_error).TrimEnd('\n'));
    }

    public void Dispose()
    {
        if (Lives)
        {
            Running.Kill(entireProcessTree: true);
        }
        _process?.Dispose();
        Http.Dispose();
    }

    private static string Read(StringBuilder lines)
    {
        lock (lines)
        {
            return lines.ToString();
        }
    }

    private static void Write(string? line, params StringBuilder[] places)
    {
        foreach (var lines in line is null ? [] : places)
        {
            lock (lines)
            {
                lines.Append(line).Append('\n');
            }
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

    private void SignalAll(string signal)
    {
        if (Lives)
        {
            Signal(signal, [Running.Id, .. Trainers()]);
        }
    }

    // In this order; one that has ended meanwhile is no fault.
    private static void Signal(string signal, params int[] processes)
    {
        using var kill = Process.Start(new ProcessStartInfo(
            "kill", [$"-{signal}", .. processes.Select(process => process.ToString(CultureInfo.InvariantCulture))]) { RedirectStandardError = true })!;
        kill.StandardError.ReadToEnd();
        kill.WaitForExit();
    }
}
