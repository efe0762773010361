using System.Diagnostics;
using OrleansTagging.Grains.Clustering;

namespace OrleansTagging.EndToEnd.Tests;

/// <summary>
/// Azurite, the storage service's emulator: blobs and tables in one process, its data in a folder, so that it can be stopped and started
/// again. It is looked for in <c>tools/azurite</c> of the artifacts folder; without it the test that needs it is skipped.
/// </summary>
internal sealed class AzuriteProcess(int port, string folder) : IDisposable
{
    /// <summary>The emulator's published key; it opens nothing else.</summary>
    public const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
    private const string Account = "devstoreaccount1";
    // Ends with its parent: when the pipe to it closes.
    private const string Script =
        "process.stdin.on('end', () => process.exit()).resume(); process.argv.splice(1, 0, 'azurite'); require(process.argv.pop())";

    // The queues too, which Azurite's program for all services has beside the other two.
    private const int Services = 3;

    // Azurite keeps blobs' and tables' records in memory and writes them to disk every five seconds.
    private static readonly TimeSpan s_writesRecords = TimeSpan.FromSeconds(6);

    private readonly int _tablePort = LoopbackPorts.Free();
    private Process? _process;

    /// <summary>Its connection string.</summary>
    public string Connection =>
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};"
        + $"BlobEndpoint=http://127.0.0.1:{port}/{Account};TableEndpoint=http://127.0.0.1:{_tablePort}/{Account};";

    /// <summary>Starts it and waits until it listens; skips the test where it is not installed.</summary>
    public async Task StartAsync()
    {
        var tools = Path.Combine(AppContext.BaseDirectory, "../../../tools");
        var main = Path.GetFullPath(Path.Combine(tools, "azurite/node_modules/azurite/dist/src/azurite.js"));
        if (!File.Exists(main))
        {
            Assert.Skip("Azurite is not installed: npm install --prefix artifacts/tools/azurite azurite@3.35.0");
        }
        string[] options =
        [
            "--blobHost", "127.0.0.1", "--blobPort", $"{port}", "--tableHost", "127.0.0.1", "--tablePort", $"{_tablePort}",
            // Nobody asks for queues; they get a port that happens to be free.
            "--queueHost", "127.0.0.1", "--queuePort", "0", "--location", folder, "--silent", "--disableTelemetry",
            // The client libraries are newer than Azurite; what is used of the service is older than both.
            "--skipApiVersionCheck",
        ];
        _process = Process.Start(new ProcessStartInfo("node", ["-e", Script, "--", .. options, main])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        })!;
        if (!await SaysAsync("is successfully listening at", Services))
        {
            await _process.WaitForExitAsync();
            throw new InvalidOperationException($"Azurite ended with exit code {_process.ExitCode} before it listened.");
        }
    }

    /// <summary>Stops it; unlike the service, one that is killed forgets what it was told in the last seconds.</summary>
    public async Task StopAsync()
    {
        using var stop = Process.Start("kill", ["-INT", $"{_process!.Id}"]);
        await stop.WaitForExitAsync();
        // Its watch over the pipe keeps the process alive when all is written.
        await SaysAsync("successfully closed", Services);
        await EndAsync();
    }

    /// <summary>
    /// Kills it once what it has answered is on disk, as it is with the service: nobody may write to it in the meantime.
    /// </summary>
    public async Task KillAsync()
    {
        await Task.Delay(s_writesRecords);
        await EndAsync();
    }

    public void Dispose()
    {
        _process?.Kill();
        _process?.Dispose();
    }

    // Whether so many lines with a text come before the end of what it writes.
    private async Task<bool> SaysAsync(string text, int lines)
    {
        while (lines > 0 && await _process!.StandardOutput.ReadLineAsync() is { } line)
        {
            lines -= line.Contains(text, StringComparison.Ordinal) ? 1 : 0;
        }
        return lines == 0;
    }

    private async Task EndAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }
}
