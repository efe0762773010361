using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace OrleansTagging.Storage.Tests;

/// <summary>What every state store does.</summary>
public abstract class StateStoreContract : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    protected string Root => _folder.Root;

    /// <summary>The store under test; every call opens it anew.</summary>
    protected abstract IStateStore Open();

    public void Dispose()
    {
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_state_is_read_back_with_the_etag_of_its_write()
    {
        Assert.Null(await Open().ReadAsync("demo/mel"));
        var first = await Open().WriteAsync("demo/mel", "one"u8.ToArray(), null);
        var second = await Open().WriteAsync("demo/mel", "two"u8.ToArray(), first);
        Assert.NotEqual(first, second);
        var read = await Open().ReadAsync("demo/mel");
        Assert.Equal("two", Encoding.UTF8.GetString(read!.Content));
        Assert.Equal(second, read.ETag);
    }

    [Fact]
    public async Task A_stale_write_is_refused_and_tells_what_was_found()
    {
        var store = Open();
        var first = await store.WriteAsync("k", "one"u8.ToArray(), null);
        var second = await store.WriteAsync("k", "two"u8.ToArray(), first);

        var stale = await Assert.ThrowsAsync<StateConflictException>(() => store.WriteAsync("k", "late"u8.ToArray(), first));
        Assert.Equal(("k", first, second), (stale.Key, stale.Expected, stale.Found));
        var blind = await Assert.ThrowsAsync<StateConflictException>(() => store.WriteAsync("k", "late"u8.ToArray(), null));
        Assert.Equal(("k", null, second), (blind.Key, blind.Expected, blind.Found));
        var absent = await Assert.ThrowsAsync<StateConflictException>(() => store.WriteAsync("other", "late"u8.ToArray(), first));
        Assert.Equal(("other", first, null), (absent.Key, absent.Expected, absent.Found));
        await Assert.ThrowsAsync<StateConflictException>(() => store.ClearAsync("k", first));
        await Assert.ThrowsAsync<StateConflictException>(() => store.ClearAsync("k", null));
        await Assert.ThrowsAsync<StateConflictException>(() => store.ClearAsync("other", first));
        Assert.Equal("two", Encoding.UTF8.GetString((await store.ReadAsync("k"))!.Content));
    }

    [Fact]
    public async Task A_state_that_returned_to_its_old_content_is_another_version()
    {
        var store = Open();
        var first = await store.WriteAsync("k", "A"u8.ToArray(), null);
        var second = await store.WriteAsync("k", "B"u8.ToArray(), first);
        var third = await store.WriteAsync("k", "A"u8.ToArray(), second);
        await Assert.ThrowsAsync<StateConflictException>(() => store.WriteAsync("k", "C"u8.ToArray(), first));
        await store.ClearAsync("k", third);
        Assert.Null(await store.ReadAsync("k"));
        await store.ClearAsync("k", null);
        var again = await store.WriteAsync("k", "A"u8.ToArray(), null);
        Assert.Equal(4, new[] { first, second, third, again }.Distinct().Count());
        await Assert.ThrowsAsync<StateConflictException>(() => store.WriteAsync("k", "C"u8.ToArray(), first));
    }

    [Fact]
    public async Task Keys_of_any_characters_are_kept_apart_and_listed_by_prefix()
    {
        string[] keys =
        [
            "demo/mel@3", "demo/mel@3/0", "demo/MEL@3", "demo,mel@3", "demo%002fmel@3", "demo\\mel@3", "demo/mel@3.state",
            ".", "..", "../x", " ", "/", "//", "é", "e\u0301", "\ud83d\ude00", "\ud83d", "a\nb", "con", "x~y", "^m",
            "demo/" + new string('k', 300), "demo/" + new string('k', 301), "demo/" + new string('K', 150),
        ];
        var store = Open();
        var etags = new Dictionary<string, string>();
        foreach (var key in keys)
        {
            etags[key] = await store.WriteAsync(key, Encoding.Unicode.GetBytes(key), null);
        }
        foreach (var key in keys)
        {
            var read = await Open().ReadAsync(key);
            Assert.Equal(etags[key], read!.ETag);
            Assert.Equal(Encoding.Unicode.GetBytes(key), read.Content);
        }
        foreach (var prefix in (string[])["", "demo/", "demo/mel@3", "D", "demo/" + new string('k', 250), "\ud83d", "none"])
        {
            var expected = keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal);
            Assert.Equal(expected, (await ListAsync(Open(), prefix)).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task An_empty_key_is_refused_and_an_empty_state_is_not_a_missing_one()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => Open().ReadAsync(""));
        await Open().WriteAsync("empty", ReadOnlyMemory<byte>.Empty, null);
        Assert.Empty((await Open().ReadAsync("empty"))!.Content);
    }

    [Fact]
    public void Any_sequence_of_calls_behaves_as_a_table_of_versions()
    {
        var store = Open();
        var run = 0;
        Prop.ForAll<(byte Verb, byte Key, byte ETag, byte Content)[]>(calls =>
        {
            run++;
            var model = new Dictionary<string, (byte Content, string ETag)>();
            var seen = new List<string>();
            foreach (var (verb, keyChoice, etagChoice, content) in calls)
            {
                var key = $"run {run}/{keyChoice % 2}";
                var known = model.TryGetValue(key, out var current);
                // Half of the calls name the right version; the others none, or any that was ever seen.
                var etag = (etagChoice % 4) switch
                {
                    0 or 1 => known ? current.ETag : null,
                    2 => null,
                    _ => seen.Count == 0 ? null : seen[etagChoice % seen.Count],
                };
                var allowed = etag == (known ? current.ETag : null);
                switch (verb % 4)
                {
                    case 0:
                        var read = store.ReadAsync(key).GetAwaiter().GetResult();
                        var right = known
                            ? read is not null && read.ETag == current.ETag && read.Content is [var only] && only == current.Content
                            : read is null;
                        if (!right)
                        {
                            return false;
                        }
                        break;
                    case 1:
                        if (Passes(() => store.ClearAsync(key, etag)) != allowed)
                        {
                            return false;
                        }
                        if (allowed)
                        {
                            model.Remove(key);
                        }
                        break;
                    default:
                        var written = "";
                        var passed = Passes(async () => written = await store.WriteAsync(key, new[] { content }, etag));
                        if (passed != allowed || seen.Contains(written))
                        {
                            return false;
                        }
                        if (allowed)
                        {
                            seen.Add(written);
                            model[key] = (content, written);
                        }
                        break;
                }
            }
            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20).WithEndSize(25));
    }

    [Fact]
    public async Task No_write_is_lost_among_racing_threads()
    {
        const int Writers = 5;
        const int Times = 8;
        await Task.WhenAll(Enumerable.Range(0, Writers)
            .Select(writer => Task.Run(() => WriterProcess.AppendAsync(Open(), "race", $"w{writer}", Times))));
        await AssertLogAsync(Writers, Times);
    }

    /// <summary>The log holds every append that succeeded once, and each writer's in its order.</summary>
    protected async Task AssertLogAsync(int writers, int times)
    {
        var log = Encoding.UTF8.GetString((await Open().ReadAsync("race"))!.Content).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(writers * times, log.Length);
        for (var writer = 0; writer < writers; writer++)
        {
            var own = log.Where(line => line.StartsWith($"w{writer} "));
            Assert.Equal(Enumerable.Range(0, times).Select(number => $"w{writer} {number}"), own);
        }
    }

    protected static async Task<List<string>> ListAsync(IStateStore store, string prefix)
    {
        var keys = new List<string>();
        await foreach (var key in store.ListAsync(prefix))
        {
            keys.Add(key);
        }
        return keys;
    }

    private static bool Passes(Func<Task> call)
    {
        try
        {
            call().GetAwaiter().GetResult();
            return true;
        }
        catch (StateConflictException)
        {
            return false;
        }
    }
}
