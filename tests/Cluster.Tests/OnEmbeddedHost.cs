namespace OrleansTagging.Cluster.Tests;

public sealed class OnEmbeddedHost
{
    [Fact(Skip = "This build hosts grains on src/EmbeddedHost, which is no cluster; the tests of one need GrainHost=Orleans.")]
    public void A_cluster_survives()
    {
    }
}
