using Azure.Storage.Blobs.Models;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using OrleansTagging.EndToEnd.Tests;
using OrleansTagging.Grains.Clustering;

namespace OrleansTagging.Commands.Tests;

/// <summary>
/// An import from an archive into a container that is killed at random moments of each of its parts, by seed. <c>KILL_SEED=17</c> begins at
/// another seed.
/// </summary>
public sealed class ImportKillTests(ITestOutputHelper output) : IDisposable
{
    private const int UsualSeed = 1;
    private const int KillsOfEach = 2;

    // Far above that of the clips: there is something to resample and something to upload.
    private const string Rate = "192000";

    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string> _environment = [];

    public void Dispose() => _folder.Dispose();

    private string Work
    {
        get
        {
            // The cache of the container, named after account and container.
            var cache = Directory.Exists(_folder["cache"]) ? Directory.GetDirectories(_folder["cache"]) : [];
            return cache.Length == 0 ? _folder["none"] : Path.Combine(cache[0], "scratch", "import-killed");
        }
    }

    [Fact]
    public async Task Killed_while_it_unpacks_decodes_and_uploads_it_ends_complete_verified_and_the_same()
    {
        using var service = new AzuriteProcess(LoopbackPorts.Free(), _folder["azurite"]);
        await service.StartAsync();
        _environment["AZURE_STORAGE_CONNECTION_STRING"] = service.Connection;
        _environment["TAGGING_CACHE"] = _folder["cache"];
        await RunAsync("dataset", "synth", "--out", "dataset", "--scale", "0.08");
        var expected = Read(await RunAsync("dataset", "import", "dataset", "--name", "killed", "--store", "undisturbed", "--rate", Rate, "--json"));
        await using (var packed = new GZipStream(File.Create(_folder["dataset.tar.gz"]), CompressionLevel.Fastest))
        {
            await TarFile.CreateFromDirectoryAsync(_folder["dataset"], packed, includeBaseDirectory: true, TestContext.Current.CancellationToken);
        }
        var files = Directory.GetFiles(_folder["dataset"], "*", SearchOption.AllDirectories).Length;
        var clips = Directory.GetFiles(_folder["dataset"], "*.wav", SearchOption.AllDirectories).Length;

        var seed = int.TryParse(Environment.GetEnvironmentVariable("KILL_SEED"), out var given) ? given : UsualSeed;
        var chance = new Random(seed);
        var told = new List<string>();
        for (var kill = 0; kill < KillsOfEach; kill++)
        {
            var least = Next(Files(), files);
            await KillAsync(() => Task.FromResult(Files() >= least));
            told.Add($"{Files()} of {files} files unpacked");
        }
        for (var kill = 0; kill < KillsOfEach; kill++)
        {
            var before = Decoded();
            var least = Next(before, clips);
            var error = await KillAsync(() => Task.FromResult(Decoded() >= least));
            // Whatever was decoded is kept, and none of it decoded again.
            Assert.True(before == 0 || error.Contains($"{before} of {clips} clips are kept", StringComparison.Ordinal), $"{before}: {error}");
            told.Add($"{Decoded()} of {clips} clips decoded");
        }
        for (var kill = 0; kill < KillsOfEach && !await IsStoredAsync(); kill++)
        {
            // The emulator takes blocks faster than it tells of them, and so some of these come when the last one is there.
            var before = await StagedAsync();
            await KillAsync(async () => await StagedAsync() > before || await IsStoredAsync());
            told.Add(await IsStoredAsync() ? "audio stored and not registered" : $"{await StagedAsync()} blocks staged");
        }
        // Nobody takes a part for the whole.
        var (code, _, refusal) = await TaggingProcess.RunAsync(
            _folder.Root, _environment, "dataset", "show", "killed", "--store", "azure:tagging");
        Assert.True(code == ExitCode.BadInput, refusal);
        // Some of what is left, and so much less than all that it is not over before it is killed.
        int Next(int before, int all) => before + 1 + chance.Next((all - before) / 3);
        output.WriteLine($"seed {seed}: {string.Join("; ", told)}");

        var imported = Read(await RunAsync("dataset", "import", "dataset.tar.gz", "--name", "killed", "--store", "azure:tagging", "--rate", Rate, "--json"));

        Assert.Equal(expected, imported);
        await RunAsync("store", "verify", "--store", "azure:tagging");
        Assert.False(Directory.Exists(Work));
        Assert.Equal(0, await StagedAsync());
        // As another machine reads it.
        Directory.Delete(_folder["cache"], recursive: true);
        Assert.Equal(expected, Read(await RunAsync("dataset", "show", "killed", "--store", "azure:tagging", "--json")));
    }

    [Fact]
    public async Task Stopped_by_ctrl_c_it_says_so_and_goes_on_when_started_again()
    {
        await RunAsync("dataset", "synth", "--out", "dataset", "--scale", "0.08");
        var clips = Directory.GetFiles(_folder["dataset"], "*.wav", SearchOption.AllDirectories).Length;
        var journal = _folder["store/scratch/import-killed/packed/import.journal"];
        using (var import = Start("dataset", "store"))
        {
            Assert.True(await import.UntilAsync(() => Lines(journal) > 2), import.Error);
            import.Signal(TaggingProcess.Interrupt);
            Assert.Equal(ExitCode.Interrupted, await import.EndAsync());
            Assert.Contains("run the same command again", import.Error, StringComparison.Ordinal);
        }
        var decoded = Lines(journal) - 1;
        Assert.InRange(decoded, 2, clips - 1);
        using var second = Start("dataset", "store");
        Assert.True(await second.EndAsync() == ExitCode.Success, second.Error);
        Assert.Contains($"{decoded} of {clips} clips are kept", second.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(journal));
        await RunAsync("store", "verify", "--store", "store");
    }

    private async Task<string> KillAsync(Func<Task<bool>> reached)
    {
        using var import = Start("dataset.tar.gz", "azure:tagging");
        while (!await reached())
        {
            // Finer than the moments that are drawn.
            await Task.Delay(2, TestContext.Current.CancellationToken);
            Assert.False(await EndedAsync(import), $"it ended before it was killed: {import.Error}");
        }
        import.Signal(TaggingProcess.Kill);
        await import.EndAsync();
        return import.Error;
    }

    private static async Task<bool> EndedAsync(TaggingProcess process) => !await process.UntilAsync(() => true);

    private TaggingProcess Start(string source, string store) =>
        TaggingProcess.Start(_folder.Root, _environment, "dataset", "import", source, "--name", "killed", "--store", store, "--rate", Rate, "--json");

    private async Task<string> RunAsync(params string[] args)
    {
        var (code, answer, error) = await TaggingProcess.RunAsync(_folder.Root, _environment, args);
        Assert.True(code == ExitCode.Success, $"{string.Join(' ', args)}: exit code {code}: {error}");
        return answer;
    }

    private static string Read(string json)
    {
        var record = JsonDocument.Parse(json).RootElement;
        return string.Join('\n', new[] { "version", "audio", "clips", "facts", "truth" }.Select(name => record.GetProperty(name).GetString()));
    }

    private int Files()
    {
        var unpacked = Path.Combine(Work, "unpacked");
        return !Directory.Exists(unpacked) ? 0
            : Directory.EnumerateFiles(unpacked, "*", SearchOption.AllDirectories).Count(file => !file.EndsWith(".unpacking", StringComparison.Ordinal));
    }

    private int Decoded() => Math.Max(0, Lines(Path.Combine(Work, "packed", "import.journal")) - 1);

    private static int Lines(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(file);
            return reader.ReadToEnd().Count(letter => letter == '\n');
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            return 0;
        }
    }

    private Azure.Storage.Blobs.BlobContainerClient Container() => new(_environment["AZURE_STORAGE_CONNECTION_STRING"], "tagging");

    /// <summary>Whether the audio is committed; the dataset is registered a moment later.</summary>
    private async Task<bool> IsStoredAsync()
    {
        await foreach (var blob in Container().GetBlobsAsync(
            BlobTraits.None, BlobStates.None, "artifacts/", TestContext.Current.CancellationToken))
        {
            if (blob.Name.EndsWith(".npy", StringComparison.Ordinal))
            {
                return true;
            }
        }
        return false;
    }

    private async Task<int> StagedAsync()
    {
        var container = Container();
        var staged = 0;
        await foreach (var blob in container.GetBlobsAsync(
            BlobTraits.None, BlobStates.Uncommitted, prefix: null, TestContext.Current.CancellationToken))
        {
            var blocks = await new Azure.Storage.Blobs.Specialized.BlockBlobClient(
                _environment["AZURE_STORAGE_CONNECTION_STRING"], "tagging", blob.Name).GetBlockListAsync(
                    Azure.Storage.Blobs.Models.BlockListTypes.Uncommitted, cancellationToken: TestContext.Current.CancellationToken);
            staged += blocks.Value.UncommittedBlocks.Count();
        }
        return staged;
    }
}
