using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using OrleansTagging.Grains.Clustering;

namespace OrleansTagging.Silo.Tests;

/// <summary>The built silo as a process, with ports of its own.</summary>
internal sealed class SiloProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _error;

    private SiloProcess(Process process, HttpClient http)
    {
        (_process, Http) = (process, http);
        _error = process.StandardError.ReadToEndAsync();
    }

    /// <summary>Asks it.</summary>
    public HttpClient Http { get; }

    /// <summary>Bytes of its resident set.</summary>
    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    public static SiloProcess Start(params string[] arguments) => Start(new Dictionary<string, string>(), arguments);

    /// <summary>Starts it with further environment variables.</summary>
    public static SiloProcess Start(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        var silo = Path.Combine(own.Parent!.Parent!.FullName, "Silo", own.Name, "OrleansTagging.Silo.dll");
        var http = $"http://127.0.0.1:{LoopbackPorts.Free()}";
        string[] ports = [$"--Tagging:HttpUrl={http}", $"--Tagging:SiloPort={LoopbackPorts.Free()}", $"--Tagging:GatewayPort={LoopbackPorts.Free()}"];
        var start = new ProcessStartInfo("dotnet", [silo, .. ports, .. arguments])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            // Its settings are beside it, not here.
            WorkingDirectory = Path.GetTempPath(),
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }
        var process = Process.Start(start)!;
        return new SiloProcess(process, new HttpClient { BaseAddress = new Uri(http) });
    }

    /// <summary>Runs it to its end, which comes by itself, and gives its exit code and what it wrote.</summary>
    public static async Task<(int Code, string Error)> RefusedAsync(params string[] arguments)
    {
        using var silo = Start(arguments);
        return await silo.EndAsync();
    }

    /// <summary>Waits until it takes jobs.</summary>
    public async Task ReadyAsync()
    {
        // Far beyond what a loaded machine needs; it only ends a wait that would never end.
        var deadline = DateTime.UtcNow.AddMinutes(3);
        while (await StatusAsync("/health/ready") != HttpStatusCode.OK)
        {
            Assert.False(_process.HasExited, "The silo ended.");
            Assert.True(DateTime.UtcNow < deadline, "The silo never became ready.");
            await Task.Delay(100);
        }
    }

    /// <summary>The status of an answer; <c>null</c> where nobody listens yet.</summary>
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

    /// <summary>Asks it to stop.</summary>
    public async Task TerminateAsync()
    {
        using var terminate = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await terminate.WaitForExitAsync();
    }

    /// <summary>Waits for its end and gives its exit code and what it wrote.</summary>
    public async Task<(int Code, string Error)> EndAsync()
    {
        await _process.WaitForExitAsync();
        return (_process.ExitCode, (await _error).TrimEnd('\n'));
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }
        _process.Dispose();
        Http.Dispose();
    }
}
