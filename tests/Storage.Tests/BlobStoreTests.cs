using System.Text;
using Azure.Storage.Blobs;

namespace OrleansTagging.Storage.Tests;

/// <summary>The locations of containers. They read the environment, which belongs to the whole process.</summary>
public sealed class BlobStoreTests(Azurite azurite) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        foreach (var name in (string[])["AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGE_ACCOUNT", "TAGGING_CACHE"])
        {
            Environment.SetEnvironmentVariable(name, null);
        }
        _folder.Dispose();
    }

    [Fact]
    public async Task A_container_is_a_store_by_the_connection_string_of_the_environment()
    {
        Environment.SetEnvironmentVariable("AZURE_STORAGE_CONNECTION_STRING", azurite.Connection);
        Environment.SetEnvironmentVariable("TAGGING_CACHE", _folder.Root);
        var location = $"azure:tagging-{Guid.NewGuid():n}/team";
        var store = Store.Open(location);
        Assert.False(store.IsFolder);
        Assert.StartsWith(_folder.Root, store.Scratch);
        var address = await store.Artifacts.PutAsync("a"u8.ToArray(), "txt");
        var etag = await store.State.WriteAsync("k", "s"u8.ToArray(), null);

        var again = Store.Open(location);
        Assert.Equal("a", Encoding.UTF8.GetString(await again.Artifacts.ReadAsync(address)));
        Assert.Equal(etag, (await again.State.ReadAsync("k"))!.ETag);
        Assert.False(await Store.Open(location + "-b").Artifacts.ExistsAsync(address));
    }

    [Fact]
    public void An_address_gives_the_container_the_prefix_and_never_its_signature()
    {
        Environment.SetEnvironmentVariable("TAGGING_CACHE", _folder.Root);
        var store = Store.Open("https://account.blob.core.windows.net/tagging/team?sv=2024-01-01&sig=secret");
        Assert.Equal("https://account.blob.core.windows.net/tagging/team/artifacts/", store.Artifacts.ToString());
        Assert.Equal("https://account.blob.core.windows.net/tagging/team/state/", store.State.ToString());
        Assert.Equal(Path.Combine(_folder.Root, "account-tagging"), store.Root);
        Assert.DoesNotContain("secret", store.ToString());
    }

    [Fact]
    public async Task A_service_that_does_not_answer_is_an_unavailable_store()
    {
        // A port that was free a moment ago: nobody listens there.
        var nobody = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        nobody.Start();
        var port = ((System.Net.IPEndPoint)nobody.LocalEndpoint).Port;
        nobody.Stop();
        var options = new BlobClientOptions { Retry = { MaxRetries = 1, Delay = TimeSpan.FromMilliseconds(1) } };
        var key = Convert.ToBase64String(new byte[64]);
        var container = new BlobContainerClient(
            $"DefaultEndpointsProtocol=http;AccountName=a;AccountKey={key};BlobEndpoint=http://127.0.0.1:{port}/a;", "gone", options);
        var artifacts = new BlobArtifactStore(container, _folder.Root);
        var states = new BlobStateStore(container);
        var address = ArtifactAddress.Of("x"u8, "txt");
        Func<Task>[] calls =
        [
            () => artifacts.PutAsync("x"u8.ToArray(), "txt"), () => artifacts.PutAsync(new MemoryStream(), "txt"),
            () => artifacts.ReadAsync(address), () => artifacts.GetLocalPathAsync(address),
            async () => await artifacts.ListAsync().GetAsyncEnumerator().MoveNextAsync(),
            () => states.ReadAsync("k"), () => states.WriteAsync("k", "x"u8.ToArray(), null), () => states.ClearAsync("k", null),
        ];
        foreach (var call in calls)
        {
            var fault = await Assert.ThrowsAsync<StoreUnavailableException>(call);
            Assert.Contains($"http://127.0.0.1:{port}/a/gone", fault.Message);
            Assert.DoesNotContain('\n', fault.Message);
        }
    }

    [Fact]
    public void A_container_without_an_account_says_what_to_set()
    {
        var fault = Assert.Throws<StoreLocationException>(() => Store.Open("azure:tagging"));
        Assert.Contains("AZURE_STORAGE_CONNECTION_STRING", fault.Message);
        Environment.SetEnvironmentVariable("AZURE_STORAGE_CONNECTION_STRING", "nonsense");
        Assert.Throws<StoreLocationException>(() => Store.Open("azure:tagging"));
    }
}
