using System.Diagnostics;

namespace OrleansTagging.EndToEnd.Tests;

/// <summary>
/// Azurite, the storage service's emulator, on one port with its data in a folder, so that it can be stopped and started again. It is
/// looked for in <c>tools/azurite</c> of the artifacts folder; without it the test that needs it is skipped.
/// </summary>
internal sealed class AzuriteProcess(int port, string folder) : IDisposable
{
    private const string Account = "devstoreaccount1";
    // The emulator's published key; it opens nothing else.
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
    // Ends with its parent: when the pipe to it closes.
    private const string Script =
        "process.stdin.on('end', () => process.exit()).resume(); process.argv.splice(1, 0, 'azurite-blob'); require(process.argv.pop())";

    // It writes its tables every five seconds.
    private static readonly TimeSpan s_writesTables = TimeSpan.FromSeconds(6);

    private Process? _process;

    /// <summary>Its connection string.</summary>
    public string Connection =>
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};BlobEndpoint=http://127.0.0.1:{port}/{Account};";

    /// <summary>Starts it and waits until it listens; skips the test where it is not installed.</summary>
    public async Task StartAsync()
    {
        var tools = Path.Combine(AppContext.BaseDirectory, "../../../tools");
        var main = Path.GetFullPath(Path.Combine(tools, "azurite/node_modules/azurite/dist/src/blob/main.js"));
        if (!File.Exists(main))
        {
            Assert.Skip("Azurite is not installed: npm install --prefix artifacts/tools/azurite azurite@3.35.0");
        }
        string[] options =
        [
            "--blobHost", "127.0.0.1", "--blobPort", $"{port}", "--location", folder, "--silent", "--disableTelemetry",
        ];
        _process = Process.Start(new ProcessStartInfo("node", ["-e", Script, "--", .. options, main])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        })!;
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.Contains("successfully listens on", StringComparison.Ordinal))
            {
                return;
            }
        }
        throw new InvalidOperationException($"Azurite ended with exit code {_process.ExitCode} before it listened.");
    }

    /// <summary>Stops it; unlike the service, one that is killed forgets what it was told in the last seconds.</summary>
    public async Task StopAsync()
    {
        using var stop = Process.Start("kill", ["-INT", $"{_process!.Id}"]);
        await stop.WaitForExitAsync();
        // Its watch over the pipe keeps the process alive when all is written.
        while (await _process.StandardOutput.ReadLineAsync() is { } line && !line.Contains("successfully closed", StringComparison.Ordinal))
        {
        }
        _process.Kill();
        _process.Dispose();
        _process = null;
    }

    /// <summary>
    /// Kills it once what it has answered is on disk, as it is with the service: nobody may write to it in the meantime.
    /// </summary>
    public async Task KillAsync()
    {
        await Task.Delay(s_writesTables);
        _process!.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    public void Dispose()
    {
        _process?.Kill();
        _process?.Dispose();
    }
}
