using System.Security.Cryptography;

namespace OrleansTagging.Storage.Tests;

public sealed class ArtifactCacheTests : IDisposable
{
    private const int Size = 100_000;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_least_recently_used_copies_are_deleted_when_the_cache_is_over_its_size()
    {
        var cache = Open(limit: 3 * Size);
        var addresses = new List<string>();
        for (var copy = 0; copy < 3; copy++)
        {
            addresses.Add(Add(cache));
            Age(addresses[^1], hours: 3 - copy);
        }
        // The oldest is used once more and so is the youngest now.
        Assert.NotNull(await cache.FindAsync(addresses[0], CancellationToken.None));

        addresses.Add(Add(Open(limit: 3 * Size)));

        Assert.Null(await cache.FindAsync(addresses[1], CancellationToken.None));
        foreach (var kept in new[] { addresses[0], addresses[2], addresses[3] })
        {
            Assert.NotNull(await cache.FindAsync(kept, CancellationToken.None));
        }
    }

    [Fact]
    public void What_was_used_just_now_is_not_deleted_under_its_user()
    {
        var cache = Open(limit: Size, safeAfterUse: TimeSpan.FromMinutes(10));
        var addresses = Enumerable.Range(0, 3).Select(_ => Add(cache)).ToArray();
        Assert.All(addresses, address => Assert.True(File.Exists(PathOf(address))));
        Age(addresses[1], hours: 1);
        Add(cache);
        Assert.Equal([true, false, true], addresses.Select(address => File.Exists(PathOf(address))));
    }

    [Fact]
    public async Task A_copy_that_changed_is_found_out_by_the_next_process_and_deleted()
    {
        var address = Add(Open(limit: 10 * Size));
        var path = PathOf(address);
        var content = await File.ReadAllBytesAsync(path);
        content[Size / 2] ^= 1;
        File.Delete(path);
        await File.WriteAllBytesAsync(path, content);

        Assert.Null(await Open(limit: 10 * Size).FindAsync(address, CancellationToken.None));
        Assert.False(File.Exists(path));
    }

    [Fact]
    public async Task Processes_that_share_a_cache_keep_it_below_its_size_together()
    {
        var caches = Enumerable.Range(0, 4).Select(_ => Open(limit: 5 * Size)).ToArray();
        await Task.WhenAll(caches.Select(cache => Task.Run(() =>
        {
            for (var copy = 0; copy < 10; copy++)
            {
                Age(Add(cache), hours: 1);
            }
        })));
        Add(caches[0]);
        var left = Directory.EnumerateFiles(Path.Combine(_folder.Root, "artifacts"), "*.dat", SearchOption.AllDirectories);
        Assert.InRange(left.Sum(path => new FileInfo(path).Length), Size, 5 * Size);
        Assert.Empty(Directory.EnumerateFiles(_folder.Root, "*.tmp", SearchOption.AllDirectories));
    }

    private ArtifactCache Open(long limit, TimeSpan safeAfterUse = default) => new(_folder.Root, limit) { SafeAfterUse = safeAfterUse };

    private static string Add(ArtifactCache cache)
    {
        var content = RandomNumberGenerator.GetBytes(Size);
        var address = ArtifactAddress.Of(content, "dat");
        Assert.Equal(address, cache.Add(address, new MemoryStream(content), CancellationToken.None));
        return address;
    }

    private void Age(string address, int hours)
    {
        try
        {
            File.SetLastAccessTimeUtc(PathOf(address), DateTime.UtcNow.AddHours(-hours));
        }
        catch (FileNotFoundException)
        {
            // Another one has trimmed it already.
        }
    }

    private string PathOf(string address) => Path.Combine(_folder.Root, "artifacts", address[..2], address);
}
