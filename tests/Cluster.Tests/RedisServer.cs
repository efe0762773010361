using System.Diagnostics;
using System.Globalization;
using OrleansTagging.Grains.Clustering;

namespace OrleansTagging.Cluster.Tests;

/// <summary>A Redis server of its own, which asks for a password; it keeps what it is told in a folder, or nothing.</summary>
internal sealed class RedisServer : IDisposable
{
    /// <summary>The password; it must not be seen anywhere.</summary>
    public const string Password = "correct-horse-battery-staple";

    private readonly string? _folder;
    private Process? _process;

    private RedisServer(int port, string? folder) => (Port, _folder) = (port, folder);

    public int Port { get; }

    /// <summary>The connection as the settings take it.</summary>
    public string Connection => $"127.0.0.1:{Port},password={Password}";

    /// <summary>Starts a server; skips the test where none is installed.</summary>
    /// <param name="folder">Where it keeps every write before it answers; <c>null</c> for nothing kept.</param>
    public static async Task<RedisServer> StartAsync(string? folder = null)
    {
        var server = new RedisServer(LoopbackPorts.Free(), folder);
        await server.StartAgainAsync();
        return server;
    }

    /// <summary>Starts it again on the same port, with what it kept.</summary>
    public async Task StartAgainAsync()
    {
        string[] keeping = _folder is null
            ? ["--appendonly", "no"]
            : ["--dir", _folder, "--appendonly", "yes", "--appendfsync", "always"];
        var process = new Process
        {
            StartInfo = new ProcessStartInfo("redis-server",
            [
                "--port", Port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "", "--requirepass", Password,
                .. keeping,
            ])
            {
                RedirectStandardOutput = true,
                WorkingDirectory = Path.GetTempPath(),
            },
        };
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("There is no redis-server on the PATH; install the package redis-server.");
        }
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.Contains("Ready to accept connections", StringComparison.Ordinal))
            {
                _ = process.StandardOutput.ReadToEndAsync();
                _process = process;
                return;
            }
        }
        throw new InvalidOperationException("The Redis server ended before it was ready.");
    }

    /// <summary>Kills it.</summary>
    public void Kill()
    {
        _process?.Kill();
        _process?.WaitForExit();
        _process?.Dispose();
        _process = null;
    }

    public void Dispose() => Kill();
}
