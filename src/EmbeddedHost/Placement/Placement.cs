using System.Collections.Immutable;
using System.Globalization;
using Orleans.Metadata;
using Orleans.Runtime;

namespace Orleans.Metadata
{
    /// <summary>What is said of a grain class, by name, as in Orleans.</summary>
    public sealed class GrainProperties(ImmutableDictionary<string, string> values)
    {
        /// <summary>Names and values.</summary>
        public ImmutableDictionary<string, string> Properties { get; } = values;
    }
}

namespace Orleans.Runtime
{
    /// <summary>How the silo of a new activation is chosen, as in Orleans. A director of its own does the choosing.</summary>
    public abstract class PlacementStrategy
    {
        /// <summary>Reads what the grain class says.</summary>
        public virtual void Initialize(GrainProperties properties)
        {
        }

        /// <summary>Adds what the strategy's attribute says.</summary>
        public virtual void PopulateGrainProperties(
            IServiceProvider services, Type grainClass, GrainType grainType, Dictionary<string, string> properties) =>
            properties["placement-strategy"] = GetType().Name;
    }

    /// <summary>Any silo, as in Orleans.</summary>
    public sealed class RandomPlacement : PlacementStrategy;

    /// <summary>The caller's silo where it can, else any, as in Orleans.</summary>
    public sealed class PreferLocalPlacement : PlacementStrategy;

    /// <summary>The silo with the fewest activations, as in Orleans.</summary>
    public sealed class ActivationCountBasedPlacement : PlacementStrategy;

    /// <summary>The silo that the grain's hash points at, as in Orleans.</summary>
    public sealed class HashBasedPlacement : PlacementStrategy;
}

namespace Orleans.Runtime.Placement
{
    /// <summary>Chooses the silo of a new activation, as in Orleans.</summary>
    public interface IPlacementDirector
    {
        /// <summary>The key in <see cref="RequestContext"/> under which a caller names the silo that it wants.</summary>
        const string PlacementHintKey = nameof(PlacementHintKey);

        /// <summary>Chooses.</summary>
        Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context);

        /// <summary>The silo that the caller wants, where it is one of the compatible ones.</summary>
        static SiloAddress? GetPlacementHint(Dictionary<string, object> requestContextData, SiloAddress[] compatibleSilos) =>
            requestContextData is { Count: > 0 }
            && requestContextData.TryGetValue(PlacementHintKey, out var value)
            && value is SiloAddress hint
            && compatibleSilos.Contains(hint)
                ? hint
                : null;
    }

    /// <summary>What a director knows of the silos, as in Orleans.</summary>
    public interface IPlacementContext
    {
        /// <summary>The silo on which the director runs.</summary>
        SiloAddress LocalSilo { get; }

        /// <summary>What that silo is about.</summary>
        SiloStatus LocalSiloStatus { get; }

        /// <summary>The silos that can have this grain, in order.</summary>
        SiloAddress[] GetCompatibleSilos(PlacementTarget target);
    }

    /// <summary>The grain to be placed, as in Orleans.</summary>
    public readonly struct PlacementTarget(
        GrainId grainIdentity, Dictionary<string, object> requestContextData, GrainInterfaceType interfaceType, ushort interfaceVersion)
    {
        /// <summary>The grain.</summary>
        public GrainId GrainIdentity { get; } = grainIdentity;

        /// <summary>The caller's values.</summary>
        public Dictionary<string, object> RequestContextData { get; } = requestContextData;

        /// <summary>The interface of the call.</summary>
        public GrainInterfaceType InterfaceType { get; } = interfaceType;

        /// <summary>The version of that interface.</summary>
        public ushort InterfaceVersion { get; } = interfaceVersion;
    }
}

namespace Orleans.Placement
{
    /// <summary>Names the strategy of a grain class, as in Orleans.</summary>
    [AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
    public abstract class PlacementAttribute : Attribute
    {
        /// <summary>An attribute of this strategy.</summary>
        protected PlacementAttribute(PlacementStrategy placement) => PlacementStrategy = placement;

        /// <summary>The strategy.</summary>
        public PlacementStrategy PlacementStrategy { get; }

        /// <summary>Adds what the attribute says of the class.</summary>
        public virtual void Populate(
            IServiceProvider services, Type grainClass, GrainType grainType, Dictionary<string, string> properties) =>
            PlacementStrategy.PopulateGrainProperties(services, grainClass, grainType, properties);
    }

    /// <summary>Any silo, as in Orleans.</summary>
    [AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
    public sealed class RandomPlacementAttribute() : PlacementAttribute(new RandomPlacement());

    /// <summary>The caller's silo where it can, as in Orleans.</summary>
    [AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
    public sealed class PreferLocalPlacementAttribute() : PlacementAttribute(new PreferLocalPlacement());

    /// <summary>The silo with the fewest activations, as in Orleans.</summary>
    [AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
    public sealed class ActivationCountBasedPlacementAttribute() : PlacementAttribute(new ActivationCountBasedPlacement());

    /// <summary>The silo that the grain's hash points at, as in Orleans.</summary>
    [AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
    public sealed class HashBasedPlacementAttribute() : PlacementAttribute(new HashBasedPlacement());

    /// <summary>Names a filter of silos for a grain class, as in Orleans.</summary>
    [AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
    public abstract class PlacementFilterAttribute : Attribute
    {
        /// <summary>An attribute of this filter.</summary>
        protected PlacementFilterAttribute(PlacementFilterStrategy placement)
        {
            ArgumentNullException.ThrowIfNull(placement);
            PlacementFilterStrategy = placement;
        }

        /// <summary>The filter.</summary>
        public PlacementFilterStrategy PlacementFilterStrategy { get; }

        /// <summary>Adds what the attribute says of the class.</summary>
        public virtual void Populate(
            IServiceProvider services, Type grainClass, GrainType grainType, Dictionary<string, string> properties) =>
            PlacementFilterStrategy.PopulateGrainProperties(services, grainClass, grainType, properties);
    }

    /// <summary>A filter of the silos that may have a grain, as in Orleans. A director of its own does the filtering.</summary>
    public abstract class PlacementFilterStrategy
    {
        private const string Key = "placement-filter";

        /// <summary>A filter at this place among the filters of a class.</summary>
        protected PlacementFilterStrategy(int order) => Order = order;

        /// <summary>Its place among the filters of a class.</summary>
        public int Order { get; private set; }

        /// <summary>Reads what the grain class says.</summary>
        public void Initialize(GrainProperties properties)
        {
            Order = int.TryParse(GetPlacementFilterGrainProperty("order", properties), CultureInfo.InvariantCulture, out var order)
                ? order
                : throw new ArgumentException("Invalid order property value.");
            AdditionalInitialize(properties);
        }

        /// <summary>Reads what the grain class says beyond the order.</summary>
        public virtual void AdditionalInitialize(GrainProperties properties)
        {
        }

        /// <summary>Adds what the filter's attribute says.</summary>
        public void PopulateGrainProperties(
            IServiceProvider services, Type grainClass, GrainType grainType, Dictionary<string, string> properties)
        {
            var name = GetType().Name;
            properties[Key] = properties.TryGetValue(Key, out var others) ? $"{others},{name}" : name;
            properties[$"{Key}.{name}.order"] = Order.ToString(CultureInfo.InvariantCulture);
            foreach (var (key, value) in GetAdditionalGrainProperties(services, grainClass, grainType, properties))
            {
                properties[$"{Key}.{name}.{key}"] = value;
            }
        }

        /// <summary>One value that the filter's attribute left.</summary>
        protected string? GetPlacementFilterGrainProperty(string key, GrainProperties properties) =>
            properties.Properties.GetValueOrDefault($"{Key}.{GetType().Name}.{key}");

        /// <summary>What the filter's attribute says beyond the order.</summary>
        protected virtual IEnumerable<KeyValuePair<string, string>> GetAdditionalGrainProperties(
            IServiceProvider services, Type grainClass, GrainType grainType, IReadOnlyDictionary<string, string> existingProperties) => [];
    }

    /// <summary>Filters the silos that may have a grain, as in Orleans.</summary>
    public interface IPlacementFilterDirector
    {
        /// <summary>The silos that may.</summary>
        IEnumerable<SiloAddress> Filter(
            PlacementFilterStrategy filterStrategy, Runtime.Placement.PlacementTarget target, IEnumerable<SiloAddress> silos);
    }
}

namespace Orleans.Runtime.MembershipService.SiloMetadata
{
    /// <summary>What a silo says of itself, by name, as in Orleans.</summary>
    [GenerateSerializer]
    public record SiloMetadata
    {
        /// <summary>Nothing.</summary>
        public static SiloMetadata Empty { get; } = new();

        /// <summary>Names and values.</summary>
        [Id(0)]
        public ImmutableDictionary<string, string> Metadata { get; private set; } = ImmutableDictionary<string, string>.Empty;

        internal void AddMetadata(IEnumerable<KeyValuePair<string, string>> metadata) => Metadata = Metadata.SetItems(metadata);
    }

    /// <summary>What all silos say of themselves, as in Orleans.</summary>
    public interface ISiloMetadataCache
    {
        /// <summary>What this silo says; nothing for one that is not known.</summary>
        SiloMetadata GetSiloMetadata(SiloAddress siloAddress);
    }
}
