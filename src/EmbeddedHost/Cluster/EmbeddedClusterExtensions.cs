using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Hosting;

namespace OrleansTagging.EmbeddedHost;

/// <summary>Joins silos and clients to a cluster inside this process.</summary>
public static class EmbeddedClusterExtensions
{
    /// <summary>The silo becomes one of this cluster's.</summary>
    public static ISiloBuilder UseEmbeddedCluster(this ISiloBuilder builder, EmbeddedCluster cluster)
    {
        builder.Services.Replace(ServiceDescriptor.Singleton(cluster));
        return builder;
    }

    /// <summary>The client calls the grains of this cluster.</summary>
    public static IClientBuilder UseEmbeddedCluster(this IClientBuilder builder, EmbeddedCluster cluster)
    {
        builder.Services.Replace(ServiceDescriptor.Singleton(cluster));
        return builder;
    }
}
