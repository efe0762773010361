using OrleansTagging.Grains.Clustering;

namespace OrleansTagging.Silo.Tests;

/// <summary>Apart from the other tests of the silo, beside which it waits.</summary>
public sealed class SilentTablesTests : IDisposable
{
    private const string Key = "c2VjcmV0";

    private readonly string _cache = Directory.CreateTempSubdirectory("silo-").FullName;

    public void Dispose() => Directory.Delete(_cache, recursive: true);

    [Fact]
    public async Task A_cluster_whose_tables_do_not_answer_is_named_in_a_line_and_ends_the_silo_with_exit_code_1()
    {
        var account = $"http://127.0.0.1:{LoopbackPorts.Free()}/devstoreaccount1";
        using var silo = SiloProcess.Start(
            new Dictionary<string, string>
            {
                ["AZURE_STORAGE_CONNECTION_STRING"] =
                    $"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={Key};BlobEndpoint={account};TableEndpoint={account};",
                ["TAGGING_CACHE"] = _cache,
            },
            "--Tagging:Store=azure:tagging", "--Tagging:Cluster:Enabled=true");

        var (code, error) = await silo.EndAsync();

        Assert.Equal(1, code);
        Assert.StartsWith($"The tables of the store's account, {account}, cannot be used (", error, StringComparison.Ordinal);
        Assert.EndsWith("start the service, or correct the account or the rights of this process.", error, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error);
        Assert.DoesNotContain(Key, error, StringComparison.Ordinal);
    }
}
