using Azure.Storage.Blobs;

namespace OrleansTagging.Storage.Tests;

public sealed class BlobArtifactStoreTests(Azurite azurite) : ArtifactStoreContract
{
    private BlobContainerClient? _container;

    private BlobContainerClient Container => _container ??= azurite.NewContainer();

    // Every opening has a cache of its own, so that nothing is found that did not go through the service.
    protected override IArtifactStore Open() => new BlobArtifactStore(Container, Path.Combine(Root, $"cache-{Guid.NewGuid():n}"), "team/");

    [Fact]
    public async Task An_artifact_is_the_blob_of_its_address()
    {
        var address = await Open().PutAsync("abc"u8.ToArray(), "txt");
        var stored = await Container.GetBlobClient("team/artifacts/" + address).DownloadContentAsync();
        Assert.Equal("abc", stored.Value.Content.ToString());
    }

    [Fact]
    public async Task A_damaged_blob_is_neither_given_out_nor_kept_in_the_cache()
    {
        var address = await Open().PutAsync("right"u8.ToArray(), "txt");
        await Container.GetBlobClient("team/artifacts/" + address).UploadAsync(new BinaryData("wrong"), overwrite: true);
        var store = Open();
        await Assert.ThrowsAsync<ArtifactDamagedException>(() => store.ReadAsync(address));
        await Assert.ThrowsAsync<ArtifactDamagedException>(() => store.GetLocalPathAsync(address));
        Assert.Empty(Directory.EnumerateFiles(Root, "*.t*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_local_path_outlives_the_service()
    {
        var store = Open();
        var address = await store.PutAsync("kept"u8.ToArray(), "txt");
        var path = await store.GetLocalPathAsync(address);
        await Container.DeleteAsync();
        Assert.Equal(path, await store.GetLocalPathAsync(address));
        Assert.Equal("kept", await File.ReadAllTextAsync(path));
    }

    [Fact]
    public async Task What_is_read_is_kept_in_the_cache_and_a_copy_that_changed_is_fetched_afresh()
    {
        var cache = Path.Combine(Root, "shared");
        BlobArtifactStore OpenShared() => new(Container, cache, "team/");
        var address = await Open().PutAsync("right"u8.ToArray(), "txt");
        Assert.Equal("right"u8.ToArray(), await OpenShared().ReadAsync(address));
        var copy = Path.Combine(cache, "artifacts", address[..2], address);
        File.Delete(copy);
        await File.WriteAllTextAsync(copy, "wrong");

        Assert.Equal("right"u8.ToArray(), await OpenShared().ReadAsync(address));

        await Container.DeleteAsync();
        await using var stream = await OpenShared().OpenReadAsync(address);
        using var reader = new StreamReader(stream);
        Assert.Equal("right", await reader.ReadToEndAsync());
    }

    [Fact]
    public async Task A_put_whose_answers_get_lost_still_succeeds()
    {
        var flaky = azurite.NewContainer(LostAnswers.Options(everyPut: 2));
        var store = new BlobArtifactStore(flaky, Path.Combine(Root, "cache"));
        for (var number = 0; number < 6; number++)
        {
            var content = WriterProcess.Numbered(number, 100_000);
            var whole = await store.PutAsync(content, "dat");
            var streamed = await store.PutAsync(new MemoryStream(WriterProcess.Numbered(-number, 100_000)), "dat");
            Assert.Equal(content, await store.ReadAsync(whole));
            Assert.True(await store.ExistsAsync(streamed));
        }
    }
}
