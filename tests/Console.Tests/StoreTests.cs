using System.Text;
using OrleansTagging.Grains.Clustering;
using OrleansTagging.Storage;

namespace OrleansTagging.Commands.Tests;

public sealed class StoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Location => _folder["store"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Gc_lists_first_and_deletes_when_told()
    {
        var (used, loose) = await FillAsync();

        var young = (await GcAsync()).Succeeded();
        Assert.DoesNotContain(loose, young.Out, StringComparison.Ordinal);
        Assert.Contains("Too young to be judged (--min-age): 1 artifacts", young.Out, StringComparison.Ordinal);
        var listed = (await GcAsync("--min-age", "0")).Succeeded();
        Assert.StartsWith(
            $"{loose}  2.5 kB\n1 artifacts that nothing refers to, 2.5 kB\nIn use: 1 artifacts, 4 B\n", listed.Out,
            StringComparison.Ordinal);
        Assert.Contains("--delete does it", listed.Out, StringComparison.Ordinal);
        var json = (await GcAsync("--min-age", "0", "--json")).Succeeded().Json;
        Assert.Equal((false, 2_500), (json.GetProperty("deleted").GetBoolean(), json.GetProperty("bytes").GetInt32()));
        Assert.Equal(loose, json.GetProperty("artifacts")[0].GetProperty("address").GetString());
        Assert.True(await Store.Open(Location).Artifacts.ExistsAsync(loose));

        Assert.Contains("Deleted 1 artifacts", (await GcAsync("--min-age", "0", "--delete")).Succeeded().Out, StringComparison.Ordinal);

        Assert.False(await Store.Open(Location).Artifacts.ExistsAsync(loose));
        Assert.True(await Store.Open(Location).Artifacts.ExistsAsync(used));
        Assert.StartsWith("0 artifacts", (await GcAsync("--min-age", "0")).Succeeded().Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gc_is_refused_while_a_run_holds_the_store()
    {
        await FillAsync();
        Assert.True(StoreLock.TryAcquire(Location, out var held, out _));
        using (held)
        {
            (await GcAsync("--delete")).Refused("in use by process ");
            (await VerifyAsync("--repair")).Refused("in use by process ");
            (await VerifyAsync()).Succeeded();
        }
        (await GcAsync("--delete")).Succeeded();
    }

    [Fact]
    public async Task Verify_names_what_is_damaged_and_repair_forgets_what_named_it()
    {
        var (used, _) = await FillAsync();
        var sound = (await VerifyAsync()).Succeeded();
        Assert.Contains("2 artifacts, 2.5 kB, 1 states: all as they were written", sound.Out, StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(Location, "artifacts", "tmp", "0.tmp"), "half");
        Assert.Contains("half-written: ", (await VerifyAsync()).Succeeded().Out, StringComparison.Ordinal);
        var path = await Store.Open(Location).Artifacts.GetLocalPathAsync(used);
        File.Delete(path);
        await File.WriteAllTextAsync(path, "not it");

        var damaged = await VerifyAsync();
        Assert.Equal(ExitCode.Fault, damaged.Code);
        Assert.Contains($"damaged: {used}, referred to by grain/training/cpu-1/training", damaged.Out, StringComparison.Ordinal);
        var line = Assert.Single(damaged.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("--repair", line, StringComparison.Ordinal);
        var json = (await VerifyAsync("--json")).Json;
        Assert.False(json.GetProperty("sound").GetBoolean());
        Assert.Equal(used, json.GetProperty("damaged")[0].GetProperty("name").GetString());
        var repaired = await VerifyAsync("--repair");
        Assert.Equal(ExitCode.Fault, repaired.Code);
        Assert.Contains("1 artifacts deleted, 1 results forgotten", repaired.Error, StringComparison.Ordinal);

        (await VerifyAsync()).Succeeded();
        Assert.Null(await Store.Open(Location).State.ReadAsync("grain/training/cpu-1/training"));
    }

    [Fact]
    public async Task A_copy_says_what_it_shows_and_a_target_that_is_something_else_is_refused()
    {
        var (used, loose) = await FillAsync();
        var backup = _folder["backup"];

        var first = (await CopyAsync(Location, backup, "--verify")).Succeeded();
        Assert.StartsWith($"{backup} is {Location} as it was on 20", first.Out, StringComparison.Ordinal);
        Assert.Contains("\n1 states, 1 of them new or changed\n1 artifacts, 4 B, 1 of them new, 4 B: all hashed\n", first.Out, StringComparison.Ordinal);
        var json = (await CopyAsync(Location, backup, "--json")).Succeeded().Json;
        Assert.Equal((1, 0, 0), (json.GetProperty("states").GetInt32(), json.GetProperty("statesWritten").GetInt32(),
            json.GetProperty("artifactsCopied").GetInt32()));
        Assert.True(await Store.Open(backup).Artifacts.ExistsAsync(used));
        Assert.False(await Store.Open(backup).Artifacts.ExistsAsync(loose));
        (await Invocation.OfAsync("store", "verify", "--store", backup)).Succeeded();

        (await CopyAsync(_folder["nowhere"], backup)).Refused("no such store", "--from");
        (await CopyAsync(Location, Location)).Refused("onto itself");
        (await CopyAsync(Location, "azure:x")).Refused("azure:x");
        (await CopyAsync(backup, Location)).Refused("states of its own", "--replace");
        Assert.True(StoreLock.TryAcquire(backup, out var held, out _));
        using (held)
        {
            (await CopyAsync(Location, backup)).Refused("in use by process ");
        }
        // The source may be in use.
        Assert.True(StoreLock.TryAcquire(Location, out held, out _));
        using (held)
        {
            (await CopyAsync(Location, backup)).Succeeded();
        }
        File.Delete(await Store.Open(Location).Artifacts.GetLocalPathAsync(used));
        (await CopyAsync(Location, backup)).Refused(used, "store verify --repair");
    }

    [Fact]
    public async Task Nothing_is_hosted_on_a_store_while_a_copy_into_it_has_not_ended()
    {
        await FillAsync();
        var copy = _folder["copy"];
        var target = Store.Open(copy);
        // As one that is killed leaves it when its states are only still to be laid out.
        var broken = new StoreCopy(
            Store.Open(Location), target with { State = new OneWrite(target.State) }, new StoreCopyOptions());
        await Assert.ThrowsAsync<IOException>(() => broken.RunAsync(TestContext.Current.CancellationToken));

        (await Invocation.OfAsync("dataset", "show", "small", "--store", copy)).Refused("has not ended", "store verify --repair");
        (await Invocation.OfAsync("store", "gc", "--store", copy)).Refused("has not ended");
        var (code, _, error) = await TaggingProcess.RunAsync(
            _folder.Root, "silo", "start", "--store", copy, "--http", $"http://127.0.0.1:{LoopbackPorts.Free()}",
            "--gateway-port", $"{LoopbackPorts.Free()}", "--silo-port", $"{LoopbackPorts.Free()}");
        Assert.True(code == ExitCode.BadInput && error.Contains("has not ended", StringComparison.Ordinal), $"{code}: {error}");
        var found = await Invocation.OfAsync("store", "verify", "--store", copy);
        Assert.Equal(ExitCode.Fault, found.Code);
        Assert.Contains("a copy into it has not ended", found.Out, StringComparison.Ordinal);
        var repaired = await Invocation.OfAsync("store", "verify", "--repair", "--store", copy);
        Assert.Contains("has been ended", repaired.Error, StringComparison.Ordinal);

        (await Invocation.OfAsync("store", "verify", "--store", copy)).Succeeded();
        Assert.NotNull(await Store.Open(copy).State.ReadAsync("grain/training/cpu-1/training"));
        (await CopyAsync(Location, copy)).Succeeded();
    }

    [Theory]
    [InlineData("gc")]
    [InlineData("verify")]
    public async Task A_store_that_is_not_there_is_refused(string command) =>
        (await Invocation.OfAsync("store", command, "--store", Location)).Refused(Location, "no such store");

    private async Task<(string Used, string Loose)> FillAsync()
    {
        var store = Store.Open(Location);
        var used = await store.Artifacts.PutAsync("used"u8.ToArray(), "dat");
        await store.State.WriteAsync("grain/training/cpu-1/training", Encoding.UTF8.GetBytes($$"""{"Result":"{{used}}"}"""), null);
        return (used, await store.Artifacts.PutAsync(new byte[2_500], "npy"));
    }

    private static Task<Invocation> CopyAsync(string from, string to, params string[] more) =>
        Invocation.OfAsync(["store", "copy", "--from", from, "--to", to, .. more]);

    private Task<Invocation> GcAsync(params string[] more) => Invocation.OfAsync(["store", "gc", "--store", Location, .. more]);

    private Task<Invocation> VerifyAsync(params string[] more) => Invocation.OfAsync(["store", "verify", "--store", Location, .. more]);

    /// <summary>States that can be written once.</summary>
    private sealed class OneWrite(IStateStore states) : IStateStore
    {
        private bool _written;

        public Task<VersionedState?> ReadAsync(string key, CancellationToken cancellationToken = default) =>
            states.ReadAsync(key, cancellationToken);

        public Task<string> WriteAsync(
            string key, ReadOnlyMemory<byte> content, string? expectedETag, CancellationToken cancellationToken = default)
        {
            if (_written)
            {
                throw new IOException("killed (in this test)");
            }
            _written = true;
            return states.WriteAsync(key, content, expectedETag, cancellationToken);
        }

        public Task ClearAsync(string key, string? expectedETag, CancellationToken cancellationToken = default) =>
            throw new IOException("killed (in this test)");

        public IAsyncEnumerable<string> ListAsync(string prefix, CancellationToken cancellationToken = default) =>
            states.ListAsync(prefix, cancellationToken);

        public override string? ToString() => states.ToString();
    }
}
