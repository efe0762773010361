using System.Globalization;
using System.Text;

namespace OrleansTagging.Storage.Tests;

/// <summary>Copies from folder to folder, from folder to container and back.</summary>
public sealed class StoreCopyTests(Azurite azurite) : IDisposable
{
    private const string Experiment = "grain/experiment/demo/experiment";
    private const string Fold = "grain/fold/f/fold";

    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, Azure.Storage.Blobs.BlobContainerClient> _containers = [];

    public enum Kind
    {
        Folder,
        Container,
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Kind.Folder, Kind.Folder)]
    [InlineData(Kind.Folder, Kind.Container)]
    [InlineData(Kind.Container, Kind.Folder)]
    public async Task A_copy_has_the_states_and_what_they_lead_to_and_the_next_one_only_what_is_new(Kind source, Kind target)
    {
        var (from, to) = (Open(source, "from"), Open(target, "to"));
        var array = await PutAsync(from, "array", "npy");
        var table = await PutAsync(from, $"fname,predictions\na.wav,{array}\n", "csv");
        await PutAsync(from, "nobody's", "dat");
        var etag = await WriteAsync(from, Experiment, $$"""{"Report":"{{table}}"}""");
        // Longer than the name of a file: its key stands in the state alone.
        var longKey = $"grain/member/{new string('m', 300)}/member";
        await WriteAsync(from, longKey, "{}");
        await from.Checkpoints.WriteAsync("cpu-1", 3, "three"u8.ToArray());
        await from.Checkpoints.WriteAsync("cpu-1", 4, "four"u8.ToArray());

        var first = await CopyAsync(from, to, verify: true);

        Assert.Equal((2, 2, 2, 2, 1), (first.States, first.StatesWritten, first.Artifacts, first.ArtifactsCopied, first.Checkpoints));
        var bytes = 5 + Encoding.UTF8.GetByteCount($"fname,predictions\na.wav,{array}\n");
        Assert.Equal((bytes, bytes), ((int)first.Bytes, (int)first.BytesCopied));
        Assert.Equal(await StatesAsync(from), await StatesAsync(to));
        Assert.Equal(new[] { array, table }.Order(), await ArtifactsAsync(to));
        Assert.Equal("four"u8.ToArray(), await to.Checkpoints.ReadAsync("cpu-1", 4));
        var verified = await StoreVerification.OfAsync(Open(target, "to"));
        Assert.True(verified.IsSound);
        Assert.Equal((2, 2), (verified.States, verified.Artifacts));

        var second = await CopyAsync(from, to);
        Assert.Equal((2, 0, 2, 0), (second.States, second.StatesWritten, second.Artifacts, second.ArtifactsCopied));

        var more = await PutAsync(from, "more", "npy");
        await from.State.WriteAsync(Experiment, Encoding.UTF8.GetBytes($$"""{"Report":"{{table}}","More":"{{more}}"}"""), etag);
        await from.State.ClearAsync(longKey, (await from.State.ReadAsync(longKey))!.ETag);
        await from.Checkpoints.RemoveAsync("cpu-1");
        var third = await CopyAsync(from, to);
        Assert.Equal((1, 1, 3, 1, 0), (third.States, third.StatesWritten, third.Artifacts, third.ArtifactsCopied, third.Checkpoints));
        Assert.Equal(await StatesAsync(from), await StatesAsync(to));
        Assert.Empty(await to.Checkpoints.ListAsync("cpu-1"));

        // Lost and brought back.
        var restored = Open(source, "restored");
        await CopyAsync(to, restored, verify: true);
        Assert.Equal(await StatesAsync(from), await StatesAsync(restored));
        Assert.True((await StoreVerification.OfAsync(restored)).IsSound);
        // And the lost one's place may be taken again by a copy, whose next backup goes on from the last one.
        Assert.Equal(0, (await CopyAsync(from, to)).ArtifactsCopied);
    }

    [Theory]
    [InlineData(Kind.Folder)]
    [InlineData(Kind.Container)]
    public async Task All_states_of_a_copy_held_at_one_instant(Kind source)
    {
        var from = Open(source, "from");
        string[] keys = [Experiment, "grain/curriculum/demo/main/curriculum", Fold, "scheduler/head"];
        using var stop = new CancellationTokenSource();
        var turns = 0;
        // Each state is written after the one before it, so that at every instant none has a higher number than the one before.
        var writing = Task.Run(async () =>
        {
            var chance = new Random(1);
            var tags = new string?[keys.Length];
            for (var number = 1; !stop.IsCancellationRequested; number++)
            {
                for (var at = 0; at < keys.Length; at++)
                {
                    tags[at] = await from.State.WriteAsync(keys[at], Encoding.UTF8.GetBytes($"{number:000000}"), tags[at]);
                }
                turns = number;
                await Task.Delay(chance.Next(40));
            }
        }, TestContext.Current.CancellationToken);
        while (Volatile.Read(ref turns) == 0 && !writing.IsFaulted)
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
        var between = 0;
        var moment = new Random(2);
        for (var copy = 0; copy < 12; copy++)
        {
            await Task.Delay(moment.Next(60), TestContext.Current.CancellationToken);
            var snapshot = await StoreSnapshot.TakeAsync(
                from, _ => true, TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
            var numbers = keys.Select(key => int.Parse(snapshot.States[key], CultureInfo.InvariantCulture)).ToArray();
            Assert.True(numbers.Zip(numbers.Skip(1)).All(pair => pair.First >= pair.Second), string.Join(", ", numbers));
            Assert.InRange(numbers[0] - numbers[^1], 0, 1);
            between += numbers[0] - numbers[^1];
        }
        await stop.CancelAsync();
        await writing;
        TestContext.Current.SendDiagnosticMessage("{0} turns, {1} of 12 copies between two writes of a turn", turns, between);
    }

    [Fact]
    public async Task A_source_without_a_quiet_instant_is_named()
    {
        var source = Open(Kind.Folder, "from");
        await WriteAsync(source, Experiment, "{}");
        var restless = source with { State = new Restless(source.State) };
        var fault = await Assert.ThrowsAsync<StoreCopyException>(() => new StoreCopy(
            restless, Open(Kind.Folder, "to"), new StoreCopyOptions { Patience = TimeSpan.FromSeconds(0.2) }).RunAsync());
        Assert.Contains("tagging pause", fault.Message);
    }

    [Theory]
    [InlineData(Kind.Folder)]
    [InlineData(Kind.Container)]
    public async Task A_target_that_is_something_else_is_refused_and_overwritten_only_when_told(Kind target)
    {
        var (from, to) = (Open(Kind.Folder, "from"), Open(target, "to"));
        await WriteAsync(from, Experiment, "{}");
        await WriteAsync(to, Fold, "{}");

        Assert.Contains("states of its own", await RefusedAsync(from, to));
        Assert.Equal([Fold], (await StatesAsync(to)).Keys);
        await CopyAsync(from, to, replace: true);
        Assert.Equal(await StatesAsync(from), await StatesAsync(to));

        // Whoever only looks takes the queue over, which is no use of it.
        await WriteAsync(to, "scheduler/head", "{}");
        await CopyAsync(from, to);
        await WriteAsync(to, Fold, "{}");
        Assert.Contains("used since", await RefusedAsync(from, to));

        var other = Open(Kind.Folder, "other");
        await WriteAsync(other, Experiment, "{}");
        Assert.Contains("a copy of another store", await RefusedAsync(other, to));

        Assert.Contains("there is nothing", await RefusedAsync(Open(Kind.Folder, "empty"), Open(Kind.Folder, "nowhere")));
        Assert.Contains(
            "onto itself",
            Assert.Throws<StoreCopyException>(() => new StoreCopy(to, Open(target, "to"), new StoreCopyOptions())).Message);
    }

    [Fact]
    public async Task A_source_that_lacks_what_its_states_name_is_not_copied()
    {
        var (from, to) = (Open(Kind.Folder, "from"), Open(Kind.Folder, "to"));
        var lost = ArtifactAddress.Of("lost"u8, "npy");
        await WriteAsync(from, Fold, lost);
        var fault = await Assert.ThrowsAsync<StoreDamagedException>(() => CopyAsync(from, to));
        Assert.Contains(lost, fault.Message);
        Assert.Empty(await StatesAsync(to));

        await PutAsync(from, "lost", "npy");
        await CopyAsync(from, to);
        var path = await to.Artifacts.GetLocalPathAsync(lost);
        File.Delete(path);
        await File.WriteAllTextAsync(path, "cost", TestContext.Current.CancellationToken);
        await CopyAsync(from, to);
        fault = await Assert.ThrowsAsync<StoreDamagedException>(() => CopyAsync(from, to, verify: true));
        Assert.Contains(lost, fault.Message);
        Assert.Contains("--repair", fault.Message);
    }

    [Theory]
    [InlineData(Kind.Folder)]
    [InlineData(Kind.Container)]
    public async Task Broken_off_at_any_write_the_target_is_the_old_copy_or_the_new_one(Kind target)
    {
        var from = Open(Kind.Folder, "from");
        await WriteAsync(from, Fold, "gone");
        var etag = await WriteAsync(from, Experiment, "old");
        var begun = 0;
        for (var writes = 0; ; writes++)
        {
            var to = Open(target, $"to-{writes}");
            await CopyAsync(from, to);
            var old = await StatesAsync(to);
            var source = Open(Kind.Folder, $"from-{writes}");
            await CopyAsync(from, source);
            await source.State.WriteAsync(Experiment, "new"u8.ToArray(), (await source.State.ReadAsync(Experiment))!.ETag);
            await WriteAsync(source, "grain/member/demo/m/member", "new");
            await source.State.ClearAsync(Fold, (await source.State.ReadAsync(Fold))!.ETag);
            var expected = await StatesAsync(source);

            var ended = true;
            try
            {
                await new StoreCopy(
                    source, to with { State = new Breaking(to.State, writes) }, new StoreCopyOptions { Replace = true }).RunAsync();
            }
            catch (IOException)
            {
                ended = false;
            }
            if (ended)
            {
                Assert.Equal(expected, await StatesAsync(to));
                Assert.True(begun > 2);
                return;
            }
            var problem = await StoreCopy.ProblemAsync(Open(target, $"to-{writes}"));
            if (problem is null)
            {
                Assert.Equal(old, await StatesAsync(to));
                continue;
            }
            begun++;
            Assert.Contains("has not ended", problem);
            var found = await StoreVerification.OfAsync(to);
            Assert.False(found.IsSound);
            await Assert.ThrowsAsync<StoreDamagedException>(
                () => GarbageCollection.FindAsync(to, TimeSpan.Zero, DateTimeOffset.UtcNow));
            // A restoration from it is whole, whatever is laid out so far.
            var restored = Open(Kind.Folder, $"restored-{writes}");
            await CopyAsync(to, restored);
            Assert.Equal(expected, await StatesAsync(restored));
            if (writes % 2 == 0)
            {
                await found.RepairAsync(to, []);
            }
            else
            {
                await CopyAsync(source, to);
            }
            Assert.Null(await StoreCopy.ProblemAsync(to));
            Assert.Equal(expected, await StatesAsync(to));
            Assert.True((await StoreVerification.OfAsync(to)).IsSound);
        }
    }

    private Store Open(Kind kind, string name)
    {
        if (kind == Kind.Folder)
        {
            return Store.Open(_folder.Sub(name));
        }
        if (!_containers.TryGetValue(name, out var container))
        {
            _containers[name] = container = azurite.NewContainer();
        }
        // Every opening has a cache of its own, as another machine would.
        var cache = _folder.Sub($"cache-{Guid.NewGuid():n}");
        return new Store
        {
            Location = $"azure:{name}",
            Root = cache,
            IsFolder = false,
            Artifacts = new BlobArtifactStore(container, cache),
            State = new BlobStateStore(container),
            Checkpoints = new BlobCheckpointStore(container),
        };
    }

    private static Task<StoreCopyReport> CopyAsync(Store from, Store to, bool replace = false, bool verify = false) =>
        new StoreCopy(from, to, new StoreCopyOptions { Replace = replace, Verify = verify }).RunAsync(TestContext.Current.CancellationToken);

    private static async Task<string> RefusedAsync(Store from, Store to)
    {
        var fault = await Assert.ThrowsAsync<StoreCopyException>(() => CopyAsync(from, to));
        Assert.DoesNotContain('\n', fault.Message);
        return fault.Message;
    }

    private static Task<string> PutAsync(Store store, string content, string extension) =>
        store.Artifacts.PutAsync(Encoding.UTF8.GetBytes(content), extension);

    private static async Task<string> WriteAsync(Store store, string key, string content) =>
        await store.State.WriteAsync(key, Encoding.UTF8.GetBytes(content), (await store.State.ReadAsync(key))?.ETag);

    private static async Task<SortedDictionary<string, string>> StatesAsync(Store store)
    {
        var states = new SortedDictionary<string, string>(StringComparer.Ordinal);
        await foreach (var key in store.State.ListAsync(""))
        {
            if (!StoreCopy.IsOwn(key))
            {
                states[key] = Encoding.UTF8.GetString((await store.State.ReadAsync(key))!.Content);
            }
        }
        return states;
    }

    private static async Task<List<string>> ArtifactsAsync(Store store)
    {
        var artifacts = new List<string>();
        await foreach (var artifact in store.Artifacts.ListAsync())
        {
            artifacts.Add(artifact.Address);
        }
        artifacts.Sort(StringComparer.Ordinal);
        return artifacts;
    }

    /// <summary>States of which one changes whenever they are looked at.</summary>
    private sealed class Restless(IStateStore states) : IStateStore
    {
        public async Task<VersionedState?> ReadAsync(string key, CancellationToken cancellationToken = default)
        {
            var read = await states.ReadAsync(key, cancellationToken);
            if (read is not null)
            {
                await states.WriteAsync(key, read.Content, read.ETag, cancellationToken);
            }
            return read;
        }

        public Task<string> WriteAsync(
            string key, ReadOnlyMemory<byte> content, string? expectedETag, CancellationToken cancellationToken = default) =>
            states.WriteAsync(key, content, expectedETag, cancellationToken);

        public Task ClearAsync(string key, string? expectedETag, CancellationToken cancellationToken = default) =>
            states.ClearAsync(key, expectedETag, cancellationToken);

        public IAsyncEnumerable<string> ListAsync(string prefix, CancellationToken cancellationToken = default) =>
            states.ListAsync(prefix, cancellationToken);
    }

    /// <summary>States that fail from some write on, as those of a process do that is killed.</summary>
    private sealed class Breaking(IStateStore states, int writes) : IStateStore
    {
        private int _left = writes;

        public Task<VersionedState?> ReadAsync(string key, CancellationToken cancellationToken = default) =>
            states.ReadAsync(key, cancellationToken);

        public Task<string> WriteAsync(
            string key, ReadOnlyMemory<byte> content, string? expectedETag, CancellationToken cancellationToken = default)
        {
            Break();
            return states.WriteAsync(key, content, expectedETag, cancellationToken);
        }

        public Task ClearAsync(string key, string? expectedETag, CancellationToken cancellationToken = default)
        {
            Break();
            return states.ClearAsync(key, expectedETag, cancellationToken);
        }

        public IAsyncEnumerable<string> ListAsync(string prefix, CancellationToken cancellationToken = default) =>
            states.ListAsync(prefix, cancellationToken);

        public override string? ToString() => states.ToString();

        private void Break()
        {
            if (Interlocked.Decrement(ref _left) < 0)
            {
                throw new IOException("killed (in this test)");
            }
        }
    }
}
