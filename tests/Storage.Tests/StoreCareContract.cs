using System.Security.Cryptography;
using System.Text;

namespace OrleansTagging.Storage.Tests;

/// <summary>Garbage collection and verification, the same on every store.</summary>
public abstract class StoreCareContract : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    protected string Root => _folder.Root;

    /// <summary>The store under test; every call opens it anew.</summary>
    protected abstract Store Open();

    /// <summary>Changes a stored artifact behind the store's back.</summary>
    protected abstract Task DamageAsync(string address, string content);

    public void Dispose()
    {
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Only_what_no_state_leads_to_is_garbage()
    {
        var store = Open();
        var array = await PutAsync(store, "array", "npy");
        var table = await PutAsync(store, $"fname,predictions\na.wav,{array}\n", "csv");
        var document = await PutAsync(store, $$"""{"inner":"{\"table\":\"{{table}}\"}"}""", "json");
        await store.State.WriteAsync("grain/experiment/demo/experiment", Encoding.UTF8.GetBytes($$"""{"Report":"{{document}}"}"""), null);
        var loose = await PutAsync(store, "nobody's", "dat");
        // An array is no document: whatever its bytes spell refers to nothing.
        var spelt = await PutAsync(store, "spelt", "dat");
        var spelling = await PutAsync(store, $"\u0093NUMPY {spelt}", "npy");
        await store.State.WriteAsync("grain/training/cpu-1/training", Encoding.UTF8.GetBytes($$"""{"Result":"{{spelling}}"}"""), null);

        var garbage = await GarbageCollection.FindAsync(Open(), TimeSpan.Zero, Later);

        Assert.Equal(new[] { loose, spelt }.Order(), garbage.Artifacts.Select(artifact => artifact.Address).Order());
        Assert.Equal((4, 0, 8 + 5), (garbage.Kept, garbage.Young, (int)garbage.Bytes));
        Assert.True(await store.Artifacts.ExistsAsync(loose));
        Assert.Equal(2, (await GarbageCollection.DeleteAsync(Open(), garbage)).Count);
        Assert.False(await store.Artifacts.ExistsAsync(loose));
        foreach (var kept in new[] { array, table, document, spelling })
        {
            await store.Artifacts.VerifyAsync(kept);
        }
        Assert.Empty((await GarbageCollection.FindAsync(Open(), TimeSpan.Zero, Later)).Artifacts);
    }

    [Fact]
    public async Task What_is_young_or_was_stored_again_since_it_was_listed_is_spared()
    {
        var store = Open();
        var loose = await PutAsync(store, "nobody's", "dat");
        var young = await GarbageCollection.FindAsync(store, TimeSpan.FromHours(1), DateTimeOffset.UtcNow);
        Assert.Equal((0, 1), (young.Artifacts.Count, young.Young));

        var garbage = await GarbageCollection.FindAsync(store, TimeSpan.Zero, Later);
        // The service tells times apart by the second.
        await Task.Delay(TimeSpan.FromSeconds(1.2));
        await PutAsync(Open(), "nobody's", "dat");
        Assert.Empty(await GarbageCollection.DeleteAsync(store, garbage));
        Assert.True(await Open().Artifacts.ExistsAsync(loose));
    }

    [Fact]
    public async Task With_a_damaged_document_nothing_is_taken_for_garbage()
    {
        var store = Open();
        var array = await PutAsync(store, "array", "npy");
        var table = await PutAsync(store, $"fname,predictions\na.wav,{array}\n", "csv");
        await store.State.WriteAsync("grain/fold/f/fold", Encoding.UTF8.GetBytes($$"""{"List":"{{table}}"}"""), null);
        await DamageAsync(table, "fname,predictions\n");

        var fault = await Assert.ThrowsAsync<StoreDamagedException>(() => GarbageCollection.FindAsync(Open(), TimeSpan.Zero, Later));
        Assert.Contains(table, fault.Message);
        Assert.DoesNotContain('\n', fault.Message);
    }

    [Fact]
    public async Task A_sound_store_is_sound()
    {
        var store = Open();
        var address = await PutAsync(store, "array", "npy");
        await PutAsync(store, "nobody's", "dat");
        await store.State.WriteAsync("grain/fold/f/fold", Encoding.UTF8.GetBytes(address), null);

        var found = await StoreVerification.OfAsync(Open());

        Assert.True(found.IsSound);
        Assert.Equal((2, 5 + 8, 1), (found.Artifacts, (int)found.Bytes, found.States));
        Assert.Empty(found.Leftovers);
    }

    [Fact]
    public async Task Damage_is_named_and_after_a_repair_results_that_named_it_are_forgotten()
    {
        var store = Open();
        var weights = await PutAsync(store, "weights", "dat");
        var gone = ArtifactAddress.Of("gone"u8, "npy");
        var audio = await PutAsync(store, "audio", "npy");
        await store.State.WriteAsync("grain/training/cpu-1/training", Encoding.UTF8.GetBytes(weights), null);
        await store.State.WriteAsync("grain/training/cpu-2/training", Encoding.UTF8.GetBytes(audio), null);
        await store.State.WriteAsync("grain/fold/f/fold", Encoding.UTF8.GetBytes($"{weights},{gone}"), null);
        await store.State.WriteAsync("grain/dataset/d/dataset", Encoding.UTF8.GetBytes($"{audio},{gone}"), null);
        await DamageAsync(weights, "weighty");

        var found = await StoreVerification.OfAsync(Open());

        Assert.False(found.IsSound);
        Assert.Equal(weights, Assert.Single(found.Damaged).Name);
        Assert.Contains(found.Damaged[0].Referrer, new[] { "grain/training/cpu-1/training", "grain/fold/f/fold" });
        Assert.Equal(gone, Assert.Single(found.Missing).Name);
        Assert.Empty(found.DamagedStates);

        var cleared = await found.RepairAsync(Open(), ["training", "fold"]);

        Assert.Equal(["grain/fold/f/fold", "grain/training/cpu-1/training"], cleared);
        Assert.False(await Open().Artifacts.ExistsAsync(weights));
        Assert.Null(await Open().State.ReadAsync("grain/fold/f/fold"));
        Assert.NotNull(await Open().State.ReadAsync("grain/training/cpu-2/training"));
        Assert.NotNull(await Open().State.ReadAsync("grain/dataset/d/dataset"));
        Assert.Equal(weights, await PutAsync(Open(), "weights", "dat"));
        Assert.Empty((await StoreVerification.OfAsync(Open())).Damaged);
    }

    [Fact]
    public async Task What_is_written_to_a_stream_is_stored_under_the_address_of_what_it_holds_at_the_end()
    {
        var store = Open().Artifacts;
        var content = RandomNumberGenerator.GetBytes(300_000);
        var address = await store.WriteAsync(stream =>
        {
            // As a writer does that knows its header only at the end.
            stream.Write(new byte[16]);
            stream.Write(content.AsSpan(16));
            stream.Position = 0;
            stream.Write(content.AsSpan(0, 16));
        }, "npy");
        Assert.Equal(ArtifactAddress.Of(content, "npy"), address);
        Assert.Equal(content, await Open().Artifacts.ReadAsync(address));

        await Assert.ThrowsAsync<InvalidDataException>(() => store.WriteAsync(stream =>
        {
            stream.Write(content);
            throw new InvalidDataException();
        }, "npy"));
        Assert.Empty(store.Leftovers());
    }

    // A clock of the service's own may be a little ahead.
    private static DateTimeOffset Later => DateTimeOffset.UtcNow.AddMinutes(1);

    private static Task<string> PutAsync(Store store, string content, string extension) =>
        store.Artifacts.PutAsync(Encoding.Latin1.GetBytes(content), extension);
}

public sealed class FolderStoreCareTests : StoreCareContract
{
    protected override Store Open() => Store.Open(Path.Combine(Root, "store"));

    protected override async Task DamageAsync(string address, string content)
    {
        var path = await Open().Artifacts.GetLocalPathAsync(address);
        File.Delete(path);
        await File.WriteAllTextAsync(path, content);
    }

    [Fact]
    public async Task Half_written_files_and_damaged_states_are_named()
    {
        var store = Open();
        await store.State.WriteAsync("grain/fold/f/fold", "{}"u8.ToArray(), null);
        var leftover = Path.Combine(store.Root, "artifacts", "tmp", "0.tmp");
        await File.WriteAllTextAsync(leftover, "half");
        Assert.Equal([leftover], (await StoreVerification.OfAsync(Open())).Leftovers);

        var state = Directory.GetFiles(Path.Combine(store.Root, "state"), "*.state").Single();
        await File.WriteAllTextAsync(state, (await File.ReadAllTextAsync(state)).Replace("{}", "{ }", StringComparison.Ordinal));
        var found = await StoreVerification.OfAsync(Open());
        Assert.Equal("grain/fold/f/fold", Assert.Single(found.DamagedStates).Name);
        Assert.False(found.IsSound);
        await Assert.ThrowsAsync<StoreDamagedException>(
            () => GarbageCollection.FindAsync(Open(), TimeSpan.Zero, DateTimeOffset.UtcNow));
    }
}

public sealed class BlobStoreCareTests(Azurite azurite) : StoreCareContract
{
    private Azure.Storage.Blobs.BlobContainerClient? _container;

    private Azure.Storage.Blobs.BlobContainerClient Container => _container ??= azurite.NewContainer();

    // Every opening has a cache of its own, as another machine would.
    protected override Store Open()
    {
        var cache = Path.Combine(Root, $"cache-{Guid.NewGuid():n}");
        return new Store
        {
            Location = "azure:test",
            Root = cache,
            IsFolder = false,
            Artifacts = new BlobArtifactStore(Container, cache, "team/"),
            State = new BlobStateStore(Container, "team/"),
            Checkpoints = new BlobCheckpointStore(Container, "team/"),
        };
    }

    protected override Task DamageAsync(string address, string content) =>
        Container.GetBlobClient("team/artifacts/" + address).UploadAsync(new BinaryData(content), overwrite: true);
}
