using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Concurrency;
using Orleans.Placement;
using Orleans.Runtime;

namespace OrleansTagging.EmbeddedHost;

/// <summary>One grain class: its name, what its attributes say, and how its objects are made.</summary>
internal sealed class GrainClass
{
    private static readonly string _host = typeof(GrainClass).Assembly.GetName().Name!;
    private static readonly ConcurrentDictionary<Type, GrainClass> _known = new();
    private static readonly ConcurrentDictionary<(Type Interface, string? Prefix), GrainClass> _implementations = new();
    private static readonly ConcurrentDictionary<GrainType, GrainClass> _named = new();
    private static readonly Lock _scanning = new();
    private static ImmutableDictionary<Assembly, ImmutableArray<Type>> _scanned = ImmutableDictionary<Assembly, ImmutableArray<Type>>.Empty;

    private readonly ConstructorInvoker _construct;
    private readonly ParameterInfo[] _parameters;
    private readonly ConcurrentDictionary<GrainMethod, MethodInfo> _implementationMethods = new();

    private GrainClass(Type type)
    {
        Type = type;
        GrainType = NameOf(type);
        IsReentrant = type.IsDefined(typeof(ReentrantAttribute));
        Placement = type.GetCustomAttribute<PlacementAttribute>();
        Filters = [.. type.GetCustomAttributes<PlacementFilterAttribute>()];
        CollectionAge = type.IsDefined(typeof(KeepAliveAttribute)) ? TimeSpan.MaxValue
            : type.GetCustomAttribute<CollectionAgeLimitAttribute>()?.AgeLimit;
        var constructors = type.GetConstructors();
        var constructor = constructors.FirstOrDefault(c => c.IsDefined(typeof(ActivatorUtilitiesConstructorAttribute)))
            ?? constructors.MaxBy(c => c.GetParameters().Length)
            ?? throw new InvalidOperationException($"Grain class {type} has no public constructor.");
        _parameters = constructor.GetParameters();
        _construct = ConstructorInvoker.Create(constructor);
    }

    public Type Type { get; }

    public GrainType GrainType { get; }

    public bool IsReentrant { get; }

    public PlacementAttribute? Placement { get; }

    public ImmutableArray<PlacementFilterAttribute> Filters { get; }

    public TimeSpan? CollectionAge { get; }

    /// <summary>The class that implements a grain interface, among those whose name begins with the prefix.</summary>
    public static GrainClass Implementing(Type grainInterface, string? prefix) =>
        _implementations.GetOrAdd((grainInterface, prefix), static key =>
        {
            var found = GrainTypes()
                .Where(key.Interface.IsAssignableFrom)
                .Where(t => key.Prefix is null || t.FullName!.StartsWith(key.Prefix, StringComparison.Ordinal))
                .ToList();
            return found.Count switch
            {
                1 => Of(found[0]),
                0 => throw new ArgumentException($"Could not find an implementation for interface {key.Interface}"),
                _ when found.Where(t => t.Name == key.Interface.Name[1..]).ToList() is [var named] => Of(named),
                _ => throw new ArgumentException($"Unable to identify a single appropriate grain type for interface {key.Interface}. "
                    + $"Candidates: {string.Join(", ", found)}"),
            };
        });

    /// <summary>The class of this name.</summary>
    public static GrainClass Named(GrainType grainType) => _named.GetOrAdd(grainType, static name =>
        Of(GrainTypes().FirstOrDefault(t => NameOf(t) == name)
            ?? throw new ArgumentException($"Could not find an implementation for grain type {name}")));

    /// <summary>What the attributes of the class say, by name.</summary>
    public Orleans.Metadata.GrainProperties Properties(IServiceProvider services)
    {
        var properties = new Dictionary<string, string>();
        Placement?.Populate(services, Type, GrainType, properties);
        foreach (var filter in Filters)
        {
            filter.Populate(services, Type, GrainType, properties);
        }

        return new(properties.ToImmutableDictionary());
    }

    /// <summary>The class's own method behind a method of its interface.</summary>
    public MethodInfo Implementation(GrainMethod method) => _implementationMethods.GetOrAdd(method, m =>
    {
        var map = Type.GetInterfaceMap(m.Info.DeclaringType!);
        return map.TargetMethods[Array.IndexOf(map.InterfaceMethods, m.Info)];
    });

    /// <summary>Makes a grain object for an activation.</summary>
    public object Construct(Activation activation)
    {
        Activation.Constructing = activation;
        try
        {
            var arguments = new object?[_parameters.Length];
            for (var i = 0; i < arguments.Length; i++)
            {
                arguments[i] = Argument(activation, _parameters[i]);
            }

            return _construct.Invoke(arguments.AsSpan());
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"Failed to create an instance of grain type '{Type}'. See InnerException for details.", e);
        }
        finally
        {
            Activation.Constructing = null;
        }
    }

    private object? Argument(Activation activation, ParameterInfo parameter)
    {
        var services = activation.ActivationServices;
        var type = parameter.ParameterType;
        if (parameter.GetCustomAttribute<PersistentStateAttribute>() is { } state)
        {
            return PersistentState.Create(type, activation, state);
        }

        if (type == typeof(IGrainContext))
        {
            return activation;
        }

        if (parameter.GetCustomAttribute<FromKeyedServicesAttribute>() is { Key: { } key })
        {
            return parameter.HasDefaultValue
                ? (services as IKeyedServiceProvider)?.GetKeyedService(type, key) ?? parameter.DefaultValue
                : services.GetRequiredKeyedService(type, key);
        }

        return services.GetService(type)
            ?? (parameter.HasDefaultValue
                ? parameter.DefaultValue
                : throw new InvalidOperationException(
                    $"Unable to resolve service for type '{type}' while attempting to activate '{Type}'."));
    }

    private static GrainClass Of(Type type) => _known.GetOrAdd(type, static t =>
    {
        var name = NameOf(t);
        var others = GrainTypes().Where(other => other != t && NameOf(other) == name).ToList();
        return others.Count == 0
            ? new GrainClass(t)
            : throw new ArgumentException(
                $"{t} has the grain type {name}, as has {string.Join(", ", others)}. [GrainType] gives one another.");
    });

    private static GrainType NameOf(Type type)
    {
        if (type.GetCustomAttribute<GrainTypeAttribute>() is { } named)
        {
            return named.GetGrainType(null!, type);
        }

        const string suffix = "grain";
        var name = type.Name.ToLowerInvariant();
        return GrainType.Create(
            name.Length > suffix.Length && name.EndsWith(suffix, StringComparison.Ordinal) ? name[..^suffix.Length] : name);
    }

    /// <summary>All grain classes of this program: those of every assembly that refers to this host, be it loaded already or not.</summary>
    private static IEnumerable<Type> GrainTypes()
    {
        lock (_scanning)
        {
            var pending = new Queue<Assembly>(AppDomain.CurrentDomain.GetAssemblies().Where(a => !a.IsDynamic && !_scanned.ContainsKey(a)));
            while (pending.TryDequeue(out var assembly))
            {
                if (_scanned.ContainsKey(assembly))
                {
                    continue;
                }

                var references = assembly.GetReferencedAssemblies();
                var knowsTheHost = references.Any(r => r.Name == _host);
                _scanned = _scanned.Add(assembly, knowsTheHost ? TypesOf(assembly) : []);
                if (!knowsTheHost && assembly != Assembly.GetEntryAssembly())
                {
                    // What it refers to has no grains, and would only take memory.
                    continue;
                }

                foreach (var reference in references)
                {
                    if (!IsPartOfThePlatform(reference.Name!) && Load(reference) is { } referred && !_scanned.ContainsKey(referred))
                    {
                        pending.Enqueue(referred);
                    }
                }
            }

            return _scanned.Values.SelectMany(types => types).ToList();
        }
    }

    private static ImmutableArray<Type> TypesOf(Assembly assembly) =>
        [.. assembly.GetTypes().Where(t => t is { IsClass: true, IsAbstract: false, ContainsGenericParameters: false }
            && typeof(IGrainBase).IsAssignableFrom(t))];

    private static bool IsPartOfThePlatform(string name) =>
        name.StartsWith("System", StringComparison.Ordinal) || name.StartsWith("Microsoft.", StringComparison.Ordinal)
        || name == "netstandard";

    private static Assembly? Load(AssemblyName name)
    {
        try
        {
            return Assembly.Load(name);
        }
        catch (Exception e) when (e is IOException or BadImageFormatException)
        {
            return null;
        }
    }
}
