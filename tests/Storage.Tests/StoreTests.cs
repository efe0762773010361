using System.Text;

namespace OrleansTagging.Storage.Tests;

public sealed class StoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_folder_is_a_store_and_stays_one()
    {
        var store = Store.Open(_folder.Sub("new/store"));
        Assert.True(store.IsFolder);
        Assert.Equal(_folder.Sub("new/store"), store.Root);
        Assert.True(Directory.Exists(store.Scratch));
        var address = await store.Artifacts.PutAsync("a"u8.ToArray(), "txt");
        await store.State.WriteAsync("k", "s"u8.ToArray(), null);

        var again = Store.Open(_folder.Sub("new/store"));
        Assert.Equal("a", Encoding.UTF8.GetString(await again.Artifacts.ReadAsync(address)));
        Assert.Equal("s", Encoding.UTF8.GetString((await again.State.ReadAsync("k"))!.Content));
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("ftp://somewhere/else")]
    [InlineData("http://account.blob.core.windows.net/container")]
    [InlineData("https://account.blob.core.windows.net")]
    [InlineData("https://account.blob.core.windows.net/UPPER")]
    [InlineData("azure:")]
    [InlineData("azure:a_b")]
    public void A_location_that_is_no_store_is_refused_in_one_line(string location)
    {
        var fault = Assert.Throws<StoreLocationException>(() => Store.Open(location));
        Assert.DoesNotContain('\n', fault.Message);
    }

    [Fact]
    public async Task A_file_in_the_way_is_named()
    {
        await File.WriteAllTextAsync(_folder.Sub("taken"), "");
        var fault = Assert.Throws<StoreLocationException>(() => Store.Open(_folder.Sub("taken")));
        Assert.Contains(_folder.Sub("taken"), fault.Message);
    }

    [Fact]
    public void A_lock_is_held_by_one_and_can_be_taken_when_it_is_given_back()
    {
        Assert.True(StoreLock.TryAcquire(_folder.Root, out var first, out var holder));
        Assert.Equal(Environment.ProcessId, holder);
        Assert.False(StoreLock.TryAcquire(_folder.Root, out var second, out holder));
        Assert.Null(second);
        Assert.Equal(Environment.ProcessId, holder);
        first.Dispose();
        Assert.True(StoreLock.TryAcquire(_folder.Root, out var third, out _));
        third.Dispose();
    }

    [Fact]
    public void The_lock_of_a_killed_host_is_free()
    {
        using var host = WriterProcess.Start("hold", _folder.Root);
        Assert.Equal("held", host.ReadLine());
        Assert.False(StoreLock.TryAcquire(_folder.Root, out _, out var holder));
        Assert.Equal(host.Id, holder);
        host.Kill();
        Assert.True(StoreLock.TryAcquire(_folder.Root, out var taken, out _));
        taken.Dispose();
    }
}
