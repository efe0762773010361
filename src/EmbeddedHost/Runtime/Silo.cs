using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Configuration;
using Orleans.Runtime;
using Orleans.Runtime.MembershipService.SiloMetadata;

namespace OrleansTagging.EmbeddedHost;

/// <summary>One silo of a cluster inside this process: the activations that it has and the services that they use.</summary>
internal sealed class Silo : ILocalSiloDetails
{
    private readonly ConcurrentDictionary<GrainId, Activation> _activations = new();
    private readonly ClusterOptions _options;
    private ITimer? _collector;
    private int _status = (int)SiloStatus.Created;

    public Silo(IServiceProvider services)
    {
        Services = services;
        Cluster = services.GetRequiredService<EmbeddedCluster>();
        Time = services.GetRequiredService<TimeProvider>();
        Logger = services.GetRequiredService<ILoggerFactory>().CreateLogger("OrleansTagging.EmbeddedHost");
        _options = services.GetRequiredService<IOptions<ClusterOptions>>().Value;
        CollectionOptions = services.GetRequiredService<IOptions<GrainCollectionOptions>>().Value;
        Metadata = services.GetRequiredService<IOptions<SiloMetadata>>().Value;
        IncomingFilters = [.. services.GetServices<IIncomingGrainCallFilter>()];
        var endpoint = services.GetRequiredService<IOptions<EndpointOptions>>().Value;
        Address = Cluster.NewAddress(endpoint);
        GatewayAddress = SiloAddress.New(IPAddress.Loopback, endpoint.GatewayPort, Address.Generation);
        Name = services.GetRequiredService<IOptions<SiloOptions>>().Value.SiloName ?? $"Silo_{Address.Generation}";
        Caller = new Caller(
            Cluster,
            this,
            Time,
            services.GetRequiredService<IOptions<SiloMessagingOptions>>().Value.ResponseTimeout,
            [.. services.GetServices<IOutgoingGrainCallFilter>()]);
        Client = new ClusterClient(Caller, services);
        Placement = new PlacementService(this);
        Lifecycle = new Lifecycle();
    }

    public IServiceProvider Services { get; }

    public EmbeddedCluster Cluster { get; }

    public TimeProvider Time { get; }

    public ILogger Logger { get; }

    public GrainCollectionOptions CollectionOptions { get; }

    public SiloMetadata Metadata { get; }

    public IReadOnlyList<IIncomingGrainCallFilter> IncomingFilters { get; }

    public SiloAddress Address { get; }

    public string Name { get; }

    public Caller Caller { get; }

    public ClusterClient Client { get; }

    public PlacementService Placement { get; }

    public Lifecycle Lifecycle { get; }

    public SiloStatus Status => (SiloStatus)Volatile.Read(ref _status);

    public bool IsDead => Status == SiloStatus.Dead;

    public int ActivationCount => _activations.Count;

    public string ClusterId => _options.ClusterId;

    public string DnsHostName => "localhost";

    public SiloAddress SiloAddress => Address;

    public SiloAddress GatewayAddress { get; }

    // In the order of their making: that of a hash is another in every process.
    private IEnumerable<Activation> Activations => _activations.Values.OrderBy(a => a.Number);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Volatile.Write(ref _status, (int)SiloStatus.Joining);
        foreach (var participant in Services.GetServices<ILifecycleParticipant<ISiloLifecycle>>())
        {
            participant.Participate(Lifecycle);
        }

        await Lifecycle.StartAsync(int.MinValue, ServiceLifecycleStage.BecomeActive, cancellationToken);
        Volatile.Write(ref _status, (int)SiloStatus.Active);
        await Cluster.JoinAsync(this);
        _collector = Time.CreateTimer(
            static state => ((Silo)state!).Collect(), this, CollectionOptions.CollectionQuantum, CollectionOptions.CollectionQuantum);
        await Lifecycle.StartAsync(ServiceLifecycleStage.Active, int.MaxValue, cancellationToken);
    }

    /// <summary>Deactivates every grain, then leaves. Activations that take longer than the token allows are lost.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (IsDead)
        {
            return;
        }

        await Lifecycle.StopAsync(ServiceLifecycleStage.Active, int.MaxValue, cancellationToken);
        Volatile.Write(ref _status, (int)SiloStatus.ShuttingDown);
        _collector?.Dispose();
        Cluster.Leaving(this);
        try
        {
            while (!_activations.IsEmpty)
            {
                var ending = Activations.Select(a =>
                {
                    a.Deactivate(new(DeactivationReasonCode.ShuttingDown, "This process is terminating."), cancellationToken);
                    return a.Deactivated;
                }).ToList();
                await Task.WhenAll(ending).WaitAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            Logger.LogWarning("{Count} activations did not end in time", _activations.Count);
        }

        await Lifecycle.StopAsync(int.MinValue, ServiceLifecycleStage.BecomeActive, cancellationToken);
        Kill();
    }

    /// <summary>Ends at once, as when its process dies.</summary>
    public void Kill()
    {
        if (Interlocked.Exchange(ref _status, (int)SiloStatus.Dead) == (int)SiloStatus.Dead)
        {
            return;
        }

        _collector?.Dispose();
        Cluster.Leaving(this);
        foreach (var activation in Activations)
        {
            activation.Kill();
        }

        Caller.Dispose();
    }

    /// <summary>The activation of a grain on this silo, new or not; null when the silo takes none any more.</summary>
    public Activation? GetOrAdd(GrainReference reference, GrainClass grainClass)
    {
        if (Status != SiloStatus.Active)
        {
            return null;
        }

        var mine = new Activation(this, grainClass, reference);
        var activation = Cluster.Register(mine);
        if (activation == mine)
        {
            _activations[mine.GrainId] = mine;
            if (IsDead)
            {
                mine.Kill();
            }
        }

        return activation;
    }

    public void Remove(Activation activation)
    {
        _activations.TryRemove(KeyValuePair.Create(activation.GrainId, activation));
        Cluster.Unregister(activation);
    }

    private void Collect()
    {
        foreach (var activation in Activations)
        {
            var age = activation.Class.CollectionAge ?? CollectionOptions.AgeOf(activation.Class.Type);
            if (age != TimeSpan.MaxValue)
            {
                activation.CollectIfIdle(age);
            }
        }
    }
}
