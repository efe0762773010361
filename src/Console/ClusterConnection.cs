using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Hosting;
using Orleans.Runtime;
using OrleansTagging.Commands.Options;
using OrleansTagging.Grains.Clustering;
using OrleansTagging.Labels;
using OrleansTagging.Storage;
using Serilog;

namespace OrleansTagging.Commands;

/// <summary>
/// The grains of a cluster, reached through its gateways. What else must be known of it (its id, certificates) is in the
/// environment, under the names that silos read: <c>Tagging__Cluster__Id</c> and so on.
/// </summary>
internal sealed class ClusterConnection : GrainConnection
{
    private const string Section = "Tagging:Cluster";
    private const string Azure = "azure";

    // A rolling restart takes each silo away for a while; a connection goes on to the next gateway.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    // A process that says where it is has begun to listen before.
    private static readonly TimeSpan PatienceOfHost = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Goodbye = TimeSpan.FromSeconds(5);

    private readonly IHost _client;
    private readonly Serilog.Core.Logger _log;

    private ClusterConnection(IHost client, Serilog.Core.Logger log, Store store) => (_client, _log, Store) = (client, log, store);

    /// <inheritdoc/>
    public override IGrainFactory Grains => _client.Services.GetRequiredService<IGrainFactory>();

    /// <inheritdoc/>
    public override Store Store { get; }

    /// <inheritdoc/>
    public override bool IsRemote => true;

    /// <summary>Connects.</summary>
    /// <param name="where">Gateways, or <c>azure</c>: those that the members' table in the store's account has.</param>
    /// <param name="store">The store of the cluster.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="InputException">The settings cannot be used, or no cluster answers.</exception>
    public static async Task<ClusterConnection> StartAsync(string where, Store store, CancellationToken cancellationToken)
    {
        var settings = Settings();
        var gateways = await GatewaysAsync(where, store, cancellationToken);
        return await StartAsync(settings, gateways, Patience, store, fault => new InputException(
            $"{ConnectOption.OptionName} {where}: no silo of the cluster '{settings.Id}' answers; start it, or correct the address, "
            + $"the id ({Section.Replace(":", "__")}__Id) or the certificates.{Told(fault)}", fault), cancellationToken);
    }

    /// <summary>Connects to processes of this machine that host the store.</summary>
    /// <param name="hosts">The processes, at least one.</param>
    /// <param name="store">The store.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="InputException">The settings cannot be used, or none answers.</exception>
    public static async Task<ClusterConnection> StartAsync(StoreHost[] hosts, Store store, CancellationToken cancellationToken)
    {
        var settings = Settings();
        (settings.Id, settings.ServiceId) = (hosts[0].ClusterId, hosts[0].ServiceId);
        var gateways = hosts.Where(host => host.ClusterId == settings.Id).Select(host => IPEndPoint.Parse(host.Gateway)).ToArray();
        return await StartAsync(settings, gateways, PatienceOfHost, store, fault => new InputException(
            $"{store.Root}: process {Figures.Count(hosts[0].Process)} hosts the store, but does not answer at {hosts[0].Gateway}; "
            + $"wait a moment, or stop it.{Told(fault)}", fault), cancellationToken);
    }

    private static async Task<ClusterConnection> StartAsync(
        ClusterSettings settings, IPEndPoint[] gateways, TimeSpan patience, Store store, Func<Exception, InputException> refused,
        CancellationToken cancellationToken)
    {
        var log = FaultLog.Open(store.Root);
        IHost? client = null;
        try
        {
            var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
            builder.Logging.AddSerilog(log);
            builder.UseOrleansClient(orleans => orleans.UseCluster(settings, store, gateways, patience));
            client = builder.Build();
            await client.StartAsync(cancellationToken);
            return new ClusterConnection(client, log, store);
        }
        catch (Exception fault)
        {
            client?.Dispose();
            await log.DisposeAsync();
            cancellationToken.ThrowIfCancellationRequested();
            throw refused(fault);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        try
        {
            await _client.StopAsync(new CancellationTokenSource(Goodbye).Token);
        }
        catch (OperationCanceledException)
        {
            // Whoever it takes leave of is gone.
        }
        await (_client is IAsyncDisposable client ? client.DisposeAsync() : ValueTask.CompletedTask);
        await _log.DisposeAsync();
    }

    // What the host says of itself helps; of other faults the log has the stack.
    private static string Told(Exception fault) => fault is OrleansException ? $" ({fault.Message.TrimEnd('.')}.)" : "";

    private static ClusterSettings Settings()
    {
        var configuration = new ConfigurationBuilder().AddEnvironmentVariables().Build();
        try
        {
            var settings = configuration.GetSection(Section).Get<ClusterSettings>() ?? new ClusterSettings();
            // Where this process would be reached is nobody's concern.
            settings.Address = null;
            return settings.Faults(Section).FirstOrDefault() is { } fault ? throw new InputException(fault) : settings;
        }
        catch (InvalidOperationException fault)
        {
            throw new InputException(fault.Message, fault);
        }
    }

    private static async Task<IPEndPoint[]> GatewaysAsync(string where, Store store, CancellationToken cancellationToken)
    {
        if (where == Azure)
        {
            if (store.Tables is null)
            {
                throw new InputException(
                    $"{ConnectOption.OptionName} {where}: the store {store.Location} has no tables; name the cluster's store: --store azure:CONTAINER.");
            }
            return await ClusterHosting.ProbeAsync(store, Patience, cancellationToken) is { } silent ? throw new InputException(silent) : [];
        }
        var gateways = new List<IPEndPoint>();
        foreach (var gateway in where.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = gateway.LastIndexOf(':');
            if (colon < 1 || !ushort.TryParse(gateway.AsSpan(colon + 1), out var port))
            {
                throw new InputException($"{ConnectOption.OptionName} {where}: '{gateway}' is no gateway; write HOST:PORT, or 'azure'.");
            }
            try
            {
                var addresses = await Dns.GetHostAddressesAsync(gateway[..colon].Trim('[', ']'), cancellationToken);
                gateways.AddRange(addresses.Select(address => new IPEndPoint(address, port)));
            }
            catch (SocketException fault)
            {
                throw new InputException($"{ConnectOption.OptionName} {where}: '{gateway}' does not resolve ({fault.Message}).", fault);
            }
        }
        return [.. gateways];
    }
}
