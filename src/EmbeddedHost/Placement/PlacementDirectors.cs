using Orleans.Runtime;
using Orleans.Runtime.Placement;

namespace OrleansTagging.EmbeddedHost;

/// <summary>Any silo, by the cluster's own random numbers; the caller's wish comes first.</summary>
internal sealed class RandomPlacementDirector(EmbeddedCluster cluster) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var silos = context.GetCompatibleSilos(target);
        return Task.FromResult(
            IPlacementDirector.GetPlacementHint(target.RequestContextData, silos) ?? silos[cluster.NextRandom(silos.Length)]);
    }
}

/// <summary>The caller's silo where it can, else any.</summary>
internal sealed class PreferLocalPlacementDirector(EmbeddedCluster cluster) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var silos = context.GetCompatibleSilos(target);
        return Task.FromResult(
            IPlacementDirector.GetPlacementHint(target.RequestContextData, silos)
            ?? (silos.Contains(context.LocalSilo) ? context.LocalSilo : silos[cluster.NextRandom(silos.Length)]));
    }
}

/// <summary>The silo with the fewest activations.</summary>
internal sealed class ActivationCountPlacementDirector(EmbeddedCluster cluster) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var silos = context.GetCompatibleSilos(target);
        return Task.FromResult(
            IPlacementDirector.GetPlacementHint(target.RequestContextData, silos)
            ?? silos.MinBy(address => cluster.Find(address)?.ActivationCount ?? int.MaxValue)!);
    }
}

/// <summary>The silo that the grain's hash points at.</summary>
internal sealed class HashBasedPlacementDirector : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var silos = context.GetCompatibleSilos(target);
        return Task.FromResult(
            IPlacementDirector.GetPlacementHint(target.RequestContextData, silos)
            ?? silos.Order().ElementAt((int)(target.GrainIdentity.GetUniformHashCode() % (uint)silos.Length)));
    }
}
