using System.Diagnostics;
using Azure.Storage.Blobs;

[assembly: AssemblyFixture(typeof(OrleansTagging.Storage.Tests.Azurite))]

namespace OrleansTagging.Storage.Tests;

/// <summary>
/// Azurite, the storage service's emulator, as a child process on a free port of the loopback interface. It is looked for in
/// <c>tools/azurite</c> of the artifacts folder, where <c>npm install --prefix artifacts/tools/azurite azurite@3.35.0</c> puts it;
/// without it the tests that need it are skipped.
/// </summary>
public sealed class Azurite : IAsyncLifetime
{
    private const string Account = "devstoreaccount1";
    // The emulator's published key; it opens nothing else.
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
    // Ends with its parent: when the pipe to it closes.
    private const string Start =
        "process.stdin.on('end', () => process.exit()).resume(); process.argv.splice(1, 0, 'azurite-blob'); require(process.argv.pop())";

    private Process? _process;
    private string? _connection;
    private string _absence = "";

    public async ValueTask InitializeAsync()
    {
        var tools = Path.Combine(AppContext.BaseDirectory, "../../../tools");
        var main = Path.GetFullPath(Path.Combine(tools, "azurite/node_modules/azurite/dist/src/blob/main.js"));
        if (!File.Exists(main))
        {
            _absence = "Azurite is not installed: npm install --prefix artifacts/tools/azurite azurite@3.35.0";
            return;
        }
        // The client is newer than the emulator; what the stores ask for it knows.
        string[] options =
        [
            "--blobHost", "127.0.0.1", "--blobPort", "0", "--inMemoryPersistence", "--silent", "--disableTelemetry", "--skipApiVersionCheck",
        ];
        var start = new ProcessStartInfo("node", ["-e", Start, "--", .. options, main])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
        try
        {
            _process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            _absence = $"Azurite needs node, which cannot be started: {e.Message}";
            return;
        }
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.Split("successfully listens on ") is [_, var address])
            {
                _connection = $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};BlobEndpoint={address}/{Account};";
                return;
            }
        }
        throw new InvalidOperationException($"Azurite ended with exit code {_process.ExitCode} before it listened.");
    }

    /// <summary>Its connection string; skips the test that asks where Azurite is not installed.</summary>
    public string Connection
    {
        get
        {
            if (_connection is null)
            {
                Assert.Skip(_absence);
            }
            return _connection;
        }
    }

    /// <summary>A container of the test's own, which does not exist yet.</summary>
    public BlobContainerClient NewContainer(BlobClientOptions? options = null) => new(Connection, $"test-{Guid.NewGuid():n}", options);

    public ValueTask DisposeAsync()
    {
        _process?.Kill();
        _process?.Dispose();
        return ValueTask.CompletedTask;
    }
}
