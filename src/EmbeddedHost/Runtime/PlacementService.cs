using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.Placement;

namespace OrleansTagging.EmbeddedHost;

/// <summary>Chooses the silo of a new activation, as one silo sees it and with the directors and filters registered there.</summary>
internal sealed class PlacementService(Silo local) : IPlacementContext
{
    private readonly ConcurrentDictionary<GrainClass, Rule> _rules = new();

    public SiloAddress LocalSilo => local.Address;

    public SiloStatus LocalSiloStatus => local.Status;

    public SiloAddress[] GetCompatibleSilos(PlacementTarget target)
    {
        var known = local.Cluster.ActiveSilos.Select(s => s.Address).ToArray();
        IEnumerable<SiloAddress> silos = known;
        var grainClass = GrainClass.Named(target.GrainIdentity.Type);
        var rule = RuleOf(grainClass);
        foreach (var (strategy, director) in rule.Filters)
        {
            silos = director.Filter(strategy, target, silos);
        }

        SiloAddress[] compatible = [.. silos];
        return compatible.Length > 0
            ? compatible
            : throw new OrleansException(
                $"No active nodes are compatible with grain {target.GrainIdentity.Type} and interface {target.InterfaceType}. Known nodes: "
                + $"{string.Join(", ", known.Select(s => s.ToString()))}. Placement filters: "
                + $"{string.Join(", ", rule.Filters.Select(f => f.Strategy.GetType().Name))}.");
    }

    public Task<SiloAddress> PlaceAsync(GrainClass grainClass, PlacementTarget target)
    {
        var rule = RuleOf(grainClass);
        return rule.Director.OnAddActivation(rule.Strategy, target, this);
    }

    private Rule RuleOf(GrainClass grainClass) => _rules.GetOrAdd(grainClass, c =>
    {
        var services = local.Services;
        var properties = c.Properties(services);
        PlacementStrategy strategy;
        if (c.Placement is null)
        {
            strategy = services.GetRequiredService<PlacementStrategy>();
        }
        else
        {
            var type = c.Placement.PlacementStrategy.GetType();
            strategy = services.GetKeyedService<PlacementStrategy>(type.Name)
                ?? throw new KeyNotFoundException($"Could not resolve placement strategy {type.Name} for grain type {c.GrainType}.");
            strategy.Initialize(properties);
        }

        var director = services.GetKeyedService<IPlacementDirector>(strategy.GetType())
            ?? throw new KeyNotFoundException($"Could not resolve placement director for {strategy.GetType()}.");
        var filters = c.Filters.Select(attribute =>
        {
            var type = attribute.PlacementFilterStrategy.GetType();
            var filter = services.GetKeyedService<PlacementFilterStrategy>(type.Name)
                ?? throw new KeyNotFoundException($"Could not resolve placement filter strategy {type.Name} for grain type {c.GrainType}.");
            filter.Initialize(properties);
            var filterDirector = services.GetKeyedService<IPlacementFilterDirector>(type)
                ?? throw new KeyNotFoundException($"Could not resolve placement filter director for {type}.");
            return (Strategy: filter, Director: filterDirector);
        });
        return new Rule(strategy, director, [.. filters.OrderBy(f => f.Strategy.Order)]);
    });

    private sealed record Rule(
        PlacementStrategy Strategy,
        IPlacementDirector Director,
        ImmutableArray<(PlacementFilterStrategy Strategy, IPlacementFilterDirector Director)> Filters);
}
