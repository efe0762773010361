using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.Runtime.Placement;

namespace OrleansTagging.EmbeddedHost;

/// <summary>
/// A cluster inside this process: silos that share grains, each with services, configuration and metadata of its own. A grain has one
/// activation in the whole cluster. Silos are added with <see cref="AddSiloAsync"/>, or as hosts of their own with
/// <c>UseEmbeddedCluster</c>, and can be killed.
/// </summary>
public sealed class EmbeddedCluster : IAsyncDisposable
{
    private const int MaxForwards = 16;

    private readonly ConcurrentDictionary<GrainId, Activation> _directory = new();
    private readonly List<EmbeddedSilo> _hosts = [];
    private readonly Lock _lock = new();
    private readonly Random _random;
    private readonly Lazy<Caller> _caller;
    private readonly Lazy<ClusterClient> _client;
    private int _lastGeneration;
    private long _lastNumber;
    private ImmutableArray<Silo> _silos = [];
    private ImmutableDictionary<SiloAddress, SiloMetadata> _metadata = ImmutableDictionary<SiloAddress, SiloMetadata>.Empty;

    /// <summary>An empty cluster.</summary>
    /// <param name="time">The clock of its client and of the silos that <see cref="AddSiloAsync"/> adds; the system's if null.</param>
    /// <param name="seed">Decides where random placement puts grains.</param>
    /// <param name="clientResponseTimeout">How long <see cref="Client"/> waits for an answer; 30 s if null.</param>
    public EmbeddedCluster(TimeProvider? time = null, int seed = 0, TimeSpan? clientResponseTimeout = null)
    {
        Time = time ?? TimeProvider.System;
        _random = new Random(seed);
        _caller = new(() => new Caller(this, null, Time, clientResponseTimeout ?? MessagingOptions.DEFAULT_RESPONSE_TIMEOUT, []));
        _client = new(() => new ClusterClient(_caller.Value, new ServiceCollection().BuildServiceProvider()));
    }

    /// <summary>An empty cluster in a simulation: its silos and its client run on the simulation's thread and clock.</summary>
    /// <param name="simulation">The simulation.</param>
    /// <param name="faults">What goes wrong between its silos; nothing if null.</param>
    /// <param name="clientResponseTimeout">How long <see cref="Client"/> waits for an answer; 30 s if null.</param>
    public EmbeddedCluster(Simulation simulation, FaultInjector? faults = null, TimeSpan? clientResponseTimeout = null)
        : this(simulation.Time, simulation.ChanceOf("placement").Next(), clientResponseTimeout)
    {
        Simulation = simulation;
        Faults = faults;
    }

    /// <summary>A client of this cluster.</summary>
    public IClusterClient Client => _client.Value;

    /// <summary>The addresses of the silos that serve.</summary>
    public IReadOnlyList<SiloAddress> Silos => [.. ActiveSilos.Select(s => s.Address)];

    /// <summary>How many activations there are.</summary>
    public int ActivationCount => _directory.Count;

    internal TimeProvider Time { get; }

    /// <summary>Where calls leave this process: this is then the image of a cluster in another one, and has no silos.</summary>
    internal GatewayClient? Gateway { get; init; }

    internal Simulation? Simulation { get; }

    internal FaultInjector? Faults { get; }

    // Asynchronous continuations of WhenAll and WaitAsync go over the thread pool, which a simulation must not.
    internal TaskCreationOptions Continuations =>
        Simulation is null ? TaskCreationOptions.RunContinuationsAsynchronously : TaskCreationOptions.None;

    internal IEnumerable<Silo> ActiveSilos => _silos;

    internal MemoryStore Memory { get; } = new();

    internal InMemoryReminderTable Reminders { get; } = new();

    /// <summary>Starts one more silo.</summary>
    /// <param name="metadata">What it says of itself.</param>
    /// <param name="configure">Its storages, reminders, filters and services.</param>
    /// <param name="configureHost">The rest of its host.</param>
    /// <param name="cancellationToken">Gives up the start.</param>
    public async Task<EmbeddedSilo> AddSiloAsync(
        IReadOnlyDictionary<string, string>? metadata = null,
        Action<ISiloBuilder>? configure = null,
        Action<HostApplicationBuilder>? configureHost = null,
        CancellationToken cancellationToken = default)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddSingleton(Simulation is null ? Time : new WallClock(Time));
        builder.UseOrleans(silo =>
        {
            silo.UseEmbeddedCluster(this);
            silo.UseSiloMetadata(metadata is null ? [] : new Dictionary<string, string>(metadata));
            configure?.Invoke(silo);
        });
        configureHost?.Invoke(builder);
        var added = new EmbeddedSilo(Simulation is null ? builder.Build() : new SimulatedHost(builder.Services));
        lock (_lock)
        {
            _hosts.Add(added);
        }

        await added.Host.StartAsync(cancellationToken);
        return added;
    }

    /// <summary>The silo on which a grain is active; null where it is on none.</summary>
    public SiloAddress? WhereIs(IAddressable grain) =>
        _directory.TryGetValue(grain.GetGrainId(), out var activation) ? activation.Silo.Address : null;

    /// <summary>The silo of this address, among those that <see cref="AddSiloAsync"/> added.</summary>
    public EmbeddedSilo SiloAt(SiloAddress address)
    {
        lock (_lock)
        {
            return _hosts.First(h => h.Address.Equals(address));
        }
    }

    /// <summary>The services of the silo that <see cref="AddSiloAsync"/> added at this place, dead or alive.</summary>
    public IServiceProvider ServicesOf(int index)
    {
        lock (_lock)
        {
            return _hosts[index].Services;
        }
    }

    /// <summary>Stops the silos that <see cref="AddSiloAsync"/> added, in order.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var silo in _hosts)
        {
            await silo.DisposeAsync();
        }

        if (_caller.IsValueCreated)
        {
            _caller.Value.Dispose();
        }
    }

    internal SiloAddress NewAddress(EndpointOptions endpoint) =>
        SiloAddress.New(
            endpoint.AdvertisedIPAddress ?? IPAddress.Loopback,
            endpoint.SiloPort,
            Simulation is null ? SiloAddress.AllocateNewGeneration() : Interlocked.Increment(ref _lastGeneration));

    internal long NextNumber() => Interlocked.Increment(ref _lastNumber);

    /// <summary>Lets work run that belongs to no activation's turn.</summary>
    internal void Queue(IThreadPoolWorkItem item)
    {
        if (Simulation is { } simulation)
        {
            simulation.Queue(item);
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: false);
        }
    }

    internal async Task JoinAsync(Silo silo)
    {
        lock (_lock)
        {
            _silos = _silos.Add(silo);
            _metadata = _metadata.SetItem(silo.Address, silo.Metadata);
        }

        await ReminderService.ElectAsync(this);
    }

    internal void Leaving(Silo silo)
    {
        lock (_lock)
        {
            if (!_silos.Contains(silo))
            {
                return;
            }

            _silos = _silos.Remove(silo);
            _metadata = _metadata.Remove(silo.Address);
        }

        // Another silo takes over the reminders; what it meets on the way it logs itself.
        _ = Task.Factory.StartNew(
            () => ReminderService.ElectAsync(this),
            CancellationToken.None,
            TaskCreationOptions.DenyChildAttach,
            Simulation?.Scheduler ?? TaskScheduler.Default);
    }

    internal Silo? Find(SiloAddress address) => _silos.FirstOrDefault(s => s.Address.Equals(address));

    internal SiloMetadata MetadataOf(SiloAddress address) => _metadata.GetValueOrDefault(address, SiloMetadata.Empty);

    internal int NextRandom(int below)
    {
        lock (_random)
        {
            return _random.Next(below);
        }
    }

    internal Activation Register(Activation activation) => _directory.GetOrAdd(activation.GrainId, activation);

    internal void Unregister(Activation activation) => _directory.TryRemove(KeyValuePair.Create(activation.GrainId, activation));

    /// <summary>Takes a call from its caller; between silos it may meet faults on its way.</summary>
    internal void Send(Call call)
    {
        Simulation?.Note(call.ToString());
        if (Gateway is { } gateway)
        {
            gateway.Send(call);
        }
        else if (Faults is { } faults
            && !(_directory.TryGetValue(call.Target.GrainId, out var known) && known.Silo == call.Caller.Silo))
        {
            faults.Send(call, Route);
        }
        else
        {
            Route(call);
        }
    }

    /// <summary>Brings a call to the activation of its grain, making one where there is none.</summary>
    internal void Route(Call call)
    {
        if (_directory.TryGetValue(call.Target.GrainId, out var activation) && activation.TryReceive(call))
        {
            return;
        }

        _ = PlaceAsync(call);
    }

    private async Task PlaceAsync(Call call)
    {
        try
        {
            while (call.Forwards++ < MaxForwards)
            {
                if (_directory.TryGetValue(call.Target.GrainId, out var known))
                {
                    if (known.TryReceive(call))
                    {
                        return;
                    }

                    Unregister(known);
                }

                // Where the caller is a client, any silo does the placing, as a gateway would.
                var placing = call.Caller.Silo is { Status: SiloStatus.Active } own ? own : _silos.FirstOrDefault();
                if (placing is null)
                {
                    throw new SiloUnavailableException($"No silo serves, so that nobody takes {call}.");
                }

                var grainClass = GrainClass.Named(call.Target.GrainId.Type);
                var target = new PlacementTarget(
                    call.Target.GrainId, call.RequestContext ?? [], call.Method!.Interface.InterfaceType, 0);
                var address = await placing.Placement.PlaceAsync(grainClass, target).ConfigureAwait(false);
                if (Find(address) is { } silo
                    && silo.GetOrAdd((GrainReference)silo.Client.GetGrain(call.Target.GrainId), grainClass) is { } activation
                    && activation.TryReceive(call))
                {
                    return;
                }
            }

            throw new SiloUnavailableException($"{call} was sent on {MaxForwards} times and found no activation.");
        }
        catch (Exception e)
        {
            call.Fail(e);
        }
    }
}
