using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;

namespace OrleansTagging.Storage.Tests;

/// <summary>What every artifact store does.</summary>
public abstract class ArtifactStoreContract : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    protected string Root => _folder.Root;

    /// <summary>The store under test; every call opens it anew.</summary>
    protected abstract IArtifactStore Open();

    public void Dispose()
    {
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void What_is_put_is_read_back_and_its_address_is_its_sha256()
    {
        var store = Open();
        Prop.ForAll<byte[]>(content =>
        {
            var address = store.PutAsync(content, "dat").GetAwaiter().GetResult();
            var streamed = store.PutAsync(new MemoryStream(content), "dat").GetAwaiter().GetResult();
            return address == Convert.ToHexStringLower(SHA256.HashData(content)) + ".dat"
                && streamed == address
                && store.ReadAsync(address).GetAwaiter().GetResult().SequenceEqual(content);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(40));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(20_000_001)]
    public async Task A_file_of_any_size_is_stored_whole(int bytes)
    {
        var store = Open();
        var content = RandomNumberGenerator.GetBytes(bytes);
        var path = Path.Combine(Root, "source.bin");
        await File.WriteAllBytesAsync(path, content);

        var address = await store.PutFileAsync(path, "npy");

        Assert.Equal(ArtifactAddress.Of(content, "npy"), address);
        Assert.True(File.Exists(path));
        Assert.Equal(content, await store.ReadAsync(address));
        await using var stream = await store.OpenReadAsync(address);
        Assert.Equal(bytes, stream.Length);
        Assert.Equal(SHA256.HashData(content), await SHA256.HashDataAsync(stream));
        Assert.Equal(content, await File.ReadAllBytesAsync(await store.GetLocalPathAsync(address)));
        var listed = Assert.Single(await ListAsync(store));
        Assert.Equal((address, bytes), (listed.Address, listed.Bytes));
        Assert.InRange(listed.StoredAt, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddMinutes(1));
    }

    [Fact]
    public async Task A_part_is_what_stands_there_in_the_whole()
    {
        var store = Open();
        var content = RandomNumberGenerator.GetBytes(1000);
        var address = await store.PutAsync(content, "npy");
        Prop.ForAll(
            Gen.Choose(0, content.Length).SelectMany(offset => Gen.Choose(0, content.Length - offset).Select(count => (offset, count))).ToArbitrary(),
            part => store.ReadPartAsync(address, part.offset, part.count).GetAwaiter().GetResult()
                .SequenceEqual(content.AsSpan(part.offset, part.count).ToArray())).Check(Config.QuickThrowOnFailure.WithMaxTest(40));
        await Assert.ThrowsAsync<EndOfStreamException>(() => store.ReadPartAsync(address, 990, 11));
        await Assert.ThrowsAsync<EndOfStreamException>(() => store.ReadPartAsync(address, 1000, 1));
    }

    [Fact]
    public async Task A_file_that_is_given_up_is_gone_afterwards_whether_or_not_the_store_had_it()
    {
        var store = Open();
        for (var round = 0; round < 2; round++)
        {
            var path = Path.Combine(Root, "given.bin");
            await File.WriteAllTextAsync(path, "packed");
            File.SetAttributes(path, FileAttributes.ReadOnly);
            var address = await store.MoveFileAsync(path, "dat");
            Assert.Equal(ArtifactAddress.Of("packed"u8, "dat"), address);
            Assert.False(File.Exists(path));
            Assert.Equal("packed", await File.ReadAllTextAsync(await Open().GetLocalPathAsync(address)));
        }
    }

    [Fact]
    public async Task A_missing_artifact_is_named()
    {
        var store = Open();
        var address = ArtifactAddress.Of("never stored"u8, "csv");
        Func<Task>[] reads =
        [
            () => store.ReadAsync(address), () => store.ReadPartAsync(address, 0, 1), () => store.OpenReadAsync(address),
            () => store.GetLocalPathAsync(address),
        ];
        foreach (var read in reads)
        {
            var fault = await Assert.ThrowsAsync<ArtifactMissingException>(read);
            Assert.Equal(address, fault.Address);
            Assert.Contains(address, fault.Message);
        }
        Assert.False(await store.ExistsAsync(address));
    }

    [Fact]
    public async Task A_missing_source_file_is_a_fault_and_stores_nothing()
    {
        var store = Open();
        await Assert.ThrowsAsync<FileNotFoundException>(() => store.PutFileAsync(Path.Combine(Root, "absent"), "dat"));
        await Assert.ThrowsAsync<FileNotFoundException>(() => store.MoveFileAsync(Path.Combine(Root, "absent"), "dat"));
        Assert.Empty(await ListAsync(store));
    }

    [Theory]
    [InlineData("../../etc/passwd")]
    [InlineData("")]
    [InlineData("ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789.dat")]
    [InlineData("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.d/t")]
    [InlineData("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    public async Task What_is_no_address_is_refused(string text)
    {
        var store = Open();
        await Assert.ThrowsAsync<ArgumentException>(() => store.ReadAsync(text));
        await Assert.ThrowsAsync<ArgumentException>(() => store.ExistsAsync(text));
        await Assert.ThrowsAsync<ArgumentException>(() => store.PutAsync("x"u8.ToArray(), ".." + text));
    }

    [Fact]
    public async Task Writers_of_the_same_content_at_once_all_succeed()
    {
        var content = RandomNumberGenerator.GetBytes(9_000_000);
        var path = Path.Combine(Root, "same.bin");
        await File.WriteAllBytesAsync(path, content);
        var addresses = await Task.WhenAll(Enumerable.Range(0, 9).Select(writer => (writer % 3) switch
        {
            0 => Open().PutAsync(content, "dat"),
            1 => Open().PutFileAsync(path, "dat"),
            _ => Open().PutAsync(new MemoryStream(content), "dat"),
        }));
        Assert.Equal([ArtifactAddress.Of(content, "dat")], addresses.Distinct());
        Assert.Equal(content, await Open().ReadAsync(addresses[0]));
        Assert.Single(await ListAsync(Open()));
    }

    [Fact]
    public async Task A_stream_that_fails_half_way_leaves_nothing()
    {
        var store = Open();
        await Assert.ThrowsAsync<IOException>(() => store.PutAsync(new FailingStream(3_000_000), "dat"));
        Assert.Empty(await ListAsync(store));
        Assert.Empty(Directory.EnumerateFiles(Root, "*.tmp", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Many_callers_of_one_local_path_get_the_same_file()
    {
        var address = await Open().PutAsync(RandomNumberGenerator.GetBytes(100_000), "dat");
        var store = Open();
        var paths = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => store.GetLocalPathAsync(address)));
        Assert.Single(paths.Distinct());
    }

    protected static async Task<List<StoredArtifact>> ListAsync(IArtifactStore store)
    {
        var all = new List<StoredArtifact>();
        await foreach (var artifact in store.ListAsync())
        {
            all.Add(artifact);
        }
        return all;
    }

    private sealed class FailingStream(int after) : Stream
    {
        private int _given;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => _given; set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            _given += count;
            return _given < after ? count : throw new IOException("the source failed");
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
