using System.Text;
using Azure.Storage.Blobs;

namespace OrleansTagging.Storage.Tests;

public sealed class BlobStateStoreTests(Azurite azurite) : StateStoreContract
{
    // Opened by threads that race: they must all get the same one.
    private readonly Lazy<BlobContainerClient> _container = new(() => azurite.NewContainer());

    private BlobContainerClient Container => _container.Value;

    protected override IStateStore Open() => new BlobStateStore(Container);

    [Fact]
    public async Task A_write_whose_answer_gets_lost_is_not_taken_for_a_lost_race()
    {
        var store = new BlobStateStore(azurite.NewContainer(LostAnswers.Options(everyPut: 2)));
        string? etag = null;
        for (var number = 0; number < 10; number++)
        {
            etag = await store.WriteAsync("k", Encoding.UTF8.GetBytes($"{number}"), etag);
        }
        var read = await store.ReadAsync("k");
        Assert.Equal(etag, read!.ETag);
        Assert.Equal("9", Encoding.UTF8.GetString(read.Content));
    }
}
