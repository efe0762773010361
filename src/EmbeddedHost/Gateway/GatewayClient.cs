using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime;
using Orleans.Runtime.Messaging;

namespace OrleansTagging.EmbeddedHost;

/// <summary>
/// A client's way to a silo in another process of this machine. It keeps one connection and makes it anew when it breaks: calls on their
/// way fail with <see cref="SiloUnavailableException"/>, later ones wait for the new connection until their time is over.
/// </summary>
internal sealed class GatewayClient
{
    private static readonly TimeSpan _retryAfter = TimeSpan.FromMilliseconds(200);

    private readonly GatewayClientOptions _options;
    private readonly string _clusterId;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<long, Call> _sent = new();
    private readonly Channel<(Call? Call, WireWriter Frame)> _outgoing = Channel.CreateUnbounded<(Call?, WireWriter)>();
    private readonly CancellationTokenSource _stopping = new();
    private Caller? _caller;
    private Task _running = Task.CompletedTask;

    public GatewayClient(
        IOptions<GatewayClientOptions> options, IOptions<ClusterOptions> cluster, TimeProvider time, ILogger<GatewayClient> logger)
    {
        _options = options.Value;
        _clusterId = cluster.Value.ClusterId;
        _logger = logger;
        if (_options.Gateways.Count == 0 || _options.TokenPath is null)
        {
            throw new OrleansConfigurationException(
                "A client on the embedded host needs a cluster of its own process (UseEmbeddedCluster), or the gateway of another process "
                + "of this machine (UseStaticClustering) and the file with its token (UseLoopbackGateway).");
        }

        if (_options.Gateways.Find(gateway => !IPAddress.IsLoopback(gateway.Address)) is { } distant)
        {
            throw new OrleansConfigurationException(
                $"{distant} is on another machine: the embedded host is reached on its own machine only, at 127.0.0.1.");
        }

        Cluster = new EmbeddedCluster(time) { Gateway = this };
    }

    /// <summary>The image of the silo's cluster.</summary>
    public EmbeddedCluster Cluster { get; }

    /// <summary>Connects, and keeps the connection from then on.</summary>
    /// <exception cref="ConnectionFailedException">No silo answers.</exception>
    public async Task StartAsync(Caller caller, CancellationToken cancellationToken)
    {
        _caller = caller;
        while (true)
        {
            try
            {
                var connection = await ConnectAsync(cancellationToken);
                _running = Task.Run(() => RunAsync(connection), CancellationToken.None);
                return;
            }
            catch (ConnectionFailedException e)
            {
                if (_options.TriesAgain is not { } triesAgain || !await triesAgain(e, cancellationToken))
                {
                    throw;
                }
            }
        }
    }

    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        FailSent("the client has stopped");
    }

    /// <summary>Sends a call, as soon as there is a connection.</summary>
    public void Send(Call call)
    {
        try
        {
            var method = call.Method!;
            var frame = new WireWriter(GatewayFrame.Call, call.Number);
            var grainInterface = method.Interface;
            frame.Write(typeof(Type), grainInterface.Type);
            frame.Bytes.Write(grainInterface.Type.Module.ModuleVersionId.ToByteArray());
            frame.Bytes.Write7BitEncodedInt(Array.IndexOf(grainInterface.Methods, method));
            frame.Write(typeof(TimeSpan?), call.Timeout);
            frame.Write(typeof(GrainId), call.Target.GrainId);
            frame.Write(typeof(Dictionary<string, object>), call.RequestContext);
            var parameters = method.Info.GetParameters();
            for (var i = 0; i < parameters.Length; i++)
            {
                frame.Write(parameters[i].ParameterType, call.Arguments[i]);
            }

            _outgoing.Writer.TryWrite((call, frame));
        }
        catch (Exception e)
        {
            call.Fail(e);
        }
    }

    /// <summary>Nobody waits for this call's answer any more.</summary>
    public void Forget(Call call)
    {
        if (_sent.TryRemove(call.Number, out _))
        {
            _outgoing.Writer.TryWrite((null, new WireWriter(GatewayFrame.Cancel, call.Number)));
        }
    }

    private async Task RunAsync(GatewayConnection first)
    {
        for (var connection = first; connection is not null; connection = await ReconnectAsync())
        {
            using (connection)
            {
                using var broken = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
                var writing = WriteAsync(connection, broken);
                var why = await ReadAsync(connection, broken.Token);
                await broken.CancelAsync();
                await writing;
                if (!_stopping.IsCancellationRequested)
                {
                    _logger.LogWarning("The connection to the silo broke: {Why}", why);
                }

                FailSent(why);
            }
        }
    }

    private async Task<GatewayConnection?> ReconnectAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(_retryAfter, _stopping.Token);
                try
                {
                    return await ConnectAsync(_stopping.Token);
                }
                catch (ConnectionFailedException e)
                {
                    _logger.LogDebug("The silo does not answer: {Why}", e.Message);
                }
            }
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private async Task<GatewayConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        ConnectionFailedException? failure = null;
        foreach (var gateway in _options.Gateways)
        {
            var socket = new Socket(gateway.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                var token = GatewayToken.Read(_options.TokenPath!);
                await socket.ConnectAsync(gateway, cancellationToken);
                return await GatewayConnection.GreetAsync(socket, token, _clusterId, cancellationToken);
            }
            catch (Exception e) when (e is SocketException or ConnectionFailedException)
            {
                socket.Dispose();
                failure = e as ConnectionFailedException
                    ?? new ConnectionFailedException($"No silo answers at {gateway} ({e.Message}).", e);
            }
        }

        throw failure!;
    }

    /// <summary>Sends what is to be sent until the connection breaks.</summary>
    private async Task WriteAsync(GatewayConnection connection, CancellationTokenSource broken)
    {
        try
        {
            while (await _outgoing.Reader.WaitToReadAsync(broken.Token))
            {
                while (_outgoing.Reader.TryRead(out var next))
                {
                    if (next.Call is { IsSettled: true })
                    {
                        continue;
                    }

                    if (next.Call is { Method.IsOneWay: false } call)
                    {
                        _sent[call.Number] = call;
                    }

                    await connection.WriteAsync(next.Frame.Content, broken.Token);
                }
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            await broken.CancelAsync();
        }
    }

    /// <summary>Takes answers until the connection breaks.</summary>
    /// <returns>Why it broke.</returns>
    private async Task<string> ReadAsync(GatewayConnection connection, CancellationToken broken)
    {
        try
        {
            while (await connection.ReadAsync(broken) is { } frame)
            {
                var reader = new WireReader(frame, _caller!);
                if (_sent.TryRemove(reader.Call, out var call))
                {
                    Answer(call, reader);
                }
            }

            return "it was closed";
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or ConnectionFailedException)
        {
            return e.Message;
        }
    }

    private static void Answer(Call call, WireReader reader)
    {
        try
        {
            if (reader.Kind == GatewayFrame.Fault)
            {
                call.Fail(reader.Read<Exception>());
            }
            else
            {
                var result = call.Method!.ResultType;
                call.Complete(result == typeof(void) ? null : reader.Read(result));
            }
        }
        catch (Exception e)
        {
            call.Fail(e);
        }
    }

    private void FailSent(string why)
    {
        foreach (var number in _sent.Keys.Order())
        {
            if (_sent.TryRemove(number, out var call))
            {
                call.Fail(new SiloUnavailableException($"The connection to the silo broke ({why}) before the answer to {call} came."));
            }
        }
    }
}
