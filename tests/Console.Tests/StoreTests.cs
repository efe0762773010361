using System.Text;
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

    private Task<Invocation> GcAsync(params string[] more) => Invocation.OfAsync(["store", "gc", "--store", Location, .. more]);

    private Task<Invocation> VerifyAsync(params string[] more) => Invocation.OfAsync(["store", "verify", "--store", Location, .. more]);
}
