using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansTagging.Grains.Clustering;

namespace OrleansTagging.Infra.Tests;

/// <summary>A container app as a process: the built silo with the app's environment variables, and ports that are free here.</summary>
internal sealed class AppProcess : IDisposable
{
    private readonly Dictionary<string, string> _environment;
    private readonly StringBuilder _log = new();
    private readonly HttpClient _http;
    private Process? _process;

    /// <summary>An app that is not up.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="environment">Its environment variables; those of its ports are replaced.</param>
    public AppProcess(string name, IReadOnlyDictionary<string, string> environment)
    {
        Name = name;
        SiloPort = LoopbackPorts.Free();
        var http = $"http://127.0.0.1:{LoopbackPorts.Free()}";
        _http = new HttpClient { BaseAddress = new Uri(http), Timeout = TimeSpan.FromSeconds(10) };
        _environment = new(environment)
        {
            ["Tagging__SiloPort"] = SiloPort.ToString(CultureInfo.InvariantCulture),
            ["Tagging__GatewayPort"] = LoopbackPorts.Free().ToString(CultureInfo.InvariantCulture),
            ["Tagging__HttpUrl"] = http,
        };
    }

    public string Name { get; }

    public int SiloPort { get; }

    public bool IsUp => _process is { HasExited: false };

    /// <summary>What it wrote in all its lives.</summary>
    public string Log
    {
        get
        {
            lock (_log)
            {
                return $"{Name}:\n{_log}";
            }
        }
    }

    public void Start()
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        var start = new ProcessStartInfo("dotnet", [Path.Combine(own.Parent!.Parent!.FullName, "Silo", own.Name, "OrleansTagging.Silo.dll")])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        foreach (var (name, value) in _environment)
        {
            start.Environment[name] = value;
        }
        _process?.Dispose();
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Append(line.Data);
        _process.ErrorDataReceived += (_, line) => Append(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Takes it down as a platform does, and gives its exit code.</summary>
    public async Task<int> StopAsync()
    {
        using (var terminate = Process.Start("kill", ["-TERM", _process!.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            await terminate.WaitForExitAsync();
        }
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    /// <summary>Whether it takes jobs.</summary>
    public async Task<bool> IsReadyAsync()
    {
        try
        {
            using var answer = await _http.GetAsync("/health/ready");
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>What a scale rule asks it: jobs for which another app is wanted; <c>null</c> where it does not answer, and nothing changes.</summary>
    public async Task<int?> JobsAsync(string query)
    {
        try
        {
            return JsonDocument.Parse(await _http.GetStringAsync($"/health/queue?{query}")).RootElement.GetProperty("jobs").GetInt32();
        }
        catch (Exception fault) when (fault is HttpRequestException or TaskCanceledException)
        {
            return null;
        }
    }

    public void Dispose()
    {
        if (IsUp)
        {
            _process!.Kill(entireProcessTree: true);
        }
        _process?.Dispose();
        _http.Dispose();
    }

    private void Append(string? line)
    {
        lock (_log)
        {
            _log.AppendLine(line);
        }
    }
}
