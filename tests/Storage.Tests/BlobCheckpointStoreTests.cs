using Azure.Storage.Blobs;

namespace OrleansTagging.Storage.Tests;

public sealed class BlobCheckpointStoreTests(Azurite azurite) : CheckpointStoreContract
{
    private BlobContainerClient? _container;

    private BlobContainerClient Container => _container ??= azurite.NewContainer();

    protected override ICheckpointStore Open() => new BlobCheckpointStore(Container, "team/");

    protected override Task DamageAsync(long number) =>
        Container.GetBlobClient($"team/checkpoints/{Job}/{number:d12}.checkpoint").UploadAsync(new BinaryData("half"), overwrite: true);
}
