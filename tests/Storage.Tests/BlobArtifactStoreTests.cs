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

    [Fact]
    public async Task A_broken_off_upload_is_gone_on_with_and_what_is_staged_is_not_sent_again()
    {
        const int Blocks = 6;
        var content = new byte[(Blocks - 1) * (8 << 20) + 1000];
        new Random(1).NextBytes(content);
        // Two blocks of the same bytes are two blocks.
        content.AsSpan(0, 8 << 20).CopyTo(content.AsSpan(8 << 20));
        var path = Path.Combine(Root, "large");
        await File.WriteAllBytesAsync(path, content);
        using var broken = new CancellationTokenSource();
        CountedRequests? first = null;
        first = new CountedRequests(block =>
        {
            if (block == 4)
            {
                // One at least is with the service.
                SpinWait.SpinUntil(() => first!.Staged > 0, TimeSpan.FromMinutes(1));
                broken.Cancel();
            }
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Open(first).PutFileAsync(path, "npy", broken.Token));
        var address = ArtifactAddress.Of(content, "npy");
        Assert.False(await Open().ExistsAsync(address));
        var blob = Azure.Storage.Blobs.Specialized.SpecializedBlobExtensions.GetBlockBlobClient(Container, "team/artifacts/" + address);
        // What was under way when it broke off may still arrive.
        var (staged, before) = (await StagedAsync(), -1);
        while (staged != before)
        {
            await Task.Delay(500);
            (staged, before) = (await StagedAsync(), staged);
        }
        Assert.InRange(staged, 1, Blocks - 1);

        var second = new CountedRequests();
        var told = new List<long>();
        Assert.Equal(address, await Open(second).MoveFileAsync(path, "npy", new Told(told.Add)));

        Assert.Equal(Blocks - staged, second.Blocks);
        Assert.Equal((Blocks, (long)content.Length), (told.Count, told.Max()));
        await Open().VerifyAsync(address);
        // Whoever stores it once more sends nothing.
        await File.WriteAllBytesAsync(path, content);
        var third = new CountedRequests();
        Assert.Equal(address, await Open(third).PutFileAsync(path, "npy"));
        Assert.Equal(0, third.Blocks);

        async Task<int> StagedAsync() =>
            (await blob.GetBlockListAsync(Azure.Storage.Blobs.Models.BlockListTypes.Uncommitted)).Value.UncommittedBlocks.Count();
    }

    [Fact]
    public async Task Processes_of_one_machine_that_want_the_same_artifact_at_once_fetch_it_once()
    {
        const int Bytes = 24 << 20;
        var content = new byte[Bytes];
        new Random(2).NextBytes(content);
        var address = await Open().PutAsync(content, "npy");
        var cache = Path.Combine(Root, "machine");
        WriterProcess[] processes =
        [
            .. Enumerable.Range(0, 4).Select(_ => WriterProcess.Start("fetch", azurite.Connection, Container.Name, cache, address)),
        ];
        try
        {
            // Each says when it is about to ask, and asks when it is told to.
            Array.ForEach(processes, process => Assert.Equal("ready", process.ReadLine()));
            var ended = await Task.WhenAll(processes.Select(process => Task.Run(process.Finish)));
            Assert.All(ended, end => Assert.Equal(0, end.ExitCode));
            var read = ended.Select(end => long.Parse(end.Lines.Single(), System.Globalization.CultureInfo.InvariantCulture)).ToArray();
            Assert.Equal([0, 0, 0, Bytes], read.Order());
        }
        finally
        {
            Array.ForEach(processes, process => process.Dispose());
        }
        Assert.Equal(content, await File.ReadAllBytesAsync(Path.Combine(cache, "artifacts", address[..2], address)));
    }

    [Fact]
    public async Task Of_a_part_nothing_else_is_fetched()
    {
        var content = new byte[1 << 20];
        new Random(3).NextBytes(content);
        var address = await Open().PutAsync(content, "npy");
        var counted = new CountedRequests();

        Assert.Equal(content[500_000..501_000], await Open(counted).ReadPartAsync(address, 500_000, 1000));
        Assert.Equal(1000, counted.Read);
    }

    [Fact]
    public async Task Whoever_waits_for_a_process_that_is_killed_while_it_fetches_fetches_it_itself()
    {
        var content = new byte[16 << 20];
        var address = await Open().PutAsync(content, "npy");
        var cache = Path.Combine(Root, "machine");
        // As one that fetches has it.
        Directory.CreateDirectory(Path.Combine(cache, "turns"));
        using var process = WriterProcess.Start("lock", Path.Combine(cache, "turns", address[..3] + ".lock"));
        Assert.Equal("held", process.ReadLine());
        var waiting = new BlobArtifactStore(Container, cache, "team/").GetLocalPathAsync(address);
        await Task.Delay(300);
        Assert.False(waiting.IsCompleted);
        process.Kill();
        Assert.Equal(content, await File.ReadAllBytesAsync(await waiting));
    }

    private BlobArtifactStore Open(CountedRequests counted) => new(
        new BlobContainerClient(azurite.Connection, Container.Name, counted.Options()), Path.Combine(Root, $"cache-{Guid.NewGuid():n}"), "team/");

    private sealed class Told(Action<long> tell) : IProgress<long>
    {
        public void Report(long value)
        {
            lock (this)
            {
                tell(value);
            }
        }
    }
}
