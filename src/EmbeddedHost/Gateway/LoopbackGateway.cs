using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Configuration;
using Orleans.Runtime;
using Orleans.Runtime.Messaging;
using Orleans.Serialization;

namespace OrleansTagging.EmbeddedHost;

/// <summary>
/// Takes calls from clients in other processes of this machine, from the silo's start until it stops. It listens on the loopback address
/// only, and to those who know its token only.
/// </summary>
internal sealed class LoopbackGateway : ILifecycleParticipant<ISiloLifecycle>, IAsyncDisposable
{
    private readonly Silo _silo;
    private readonly string _tokenPath;
    private readonly Caller _caller;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<Task, byte> _connections = new();
    private TcpListener? _listener;
    private byte[] _token = [];
    private Task _accepting = Task.CompletedTask;
    private int _stopped;

    public LoopbackGateway(Silo silo, IOptions<LoopbackGatewayOptions> options)
    {
        _silo = silo;
        _tokenPath = options.Value.TokenPath!;
        // A client of its own: its calls are nobody's turn on this silo.
        _caller = new Caller(silo.Cluster, null, silo.Time, MessagingOptions.DEFAULT_RESPONSE_TIMEOUT, []);
    }

    public void Participate(ISiloLifecycle lifecycle) =>
        lifecycle.Subscribe(nameof(LoopbackGateway), ServiceLifecycleStage.Active, Start, _ => StopAsync());

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _caller.Dispose();
        _stopping.Dispose();
    }

    private Task Start(CancellationToken cancellationToken)
    {
        _listener = new TcpListener(IPAddress.Loopback, _silo.GatewayAddress.Endpoint.Port);
        _listener.Start();
        _token = GatewayToken.Write(_tokenPath);
        _accepting = Task.Run(AcceptAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    private async Task StopAsync()
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0)
        {
            return;
        }

        _listener?.Dispose();
        await _stopping.CancelAsync();
        await _accepting;
        await Task.WhenAll(_connections.Keys);
    }

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            Socket socket;
            try
            {
                socket = await _listener!.AcceptSocketAsync(_stopping.Token);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                if (!_stopping.IsCancellationRequested)
                {
                    _silo.Logger.LogWarning(e, "A client's connection could not be taken");
                    await Task.Delay(TimeSpan.FromMilliseconds(100));
                }

                continue;
            }

            var serving = ServeAsync(socket);
            _connections[serving] = 0;
            _ = serving.ContinueWith(
                ended => _connections.TryRemove(ended, out _),
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        var calls = new ConcurrentDictionary<long, CancellationTokenSource>();
        try
        {
            using var connection = await GatewayConnection.WelcomeAsync(socket, _token, _silo.ClusterId, ending.Token);
            while (await connection.ReadAsync(ending.Token) is { } frame)
            {
                var reader = new WireReader(frame, _caller);
                if (reader.Kind == GatewayFrame.Cancel)
                {
                    if (calls.TryGetValue(reader.Call, out var cancelled))
                    {
                        await cancelled.CancelAsync();
                    }
                }
                else if (reader.Kind == GatewayFrame.Call)
                {
                    var cancellation = CancellationTokenSource.CreateLinkedTokenSource(ending.Token);
                    calls[reader.Call] = cancellation;
                    _ = AnswerAsync(connection, reader, calls, cancellation);
                }
            }
        }
        catch (ConnectionFailedException e)
        {
            _silo.Logger.LogWarning("A client was refused: {Why}", e.Message);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The client is gone, or this silo goes.
        }
        finally
        {
            // What the client waited for nobody waits for any more.
            await ending.CancelAsync();
        }
    }

    private async Task AnswerAsync(
        GatewayConnection connection,
        WireReader request,
        ConcurrentDictionary<long, CancellationTokenSource> calls,
        CancellationTokenSource cancellation)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            if (await ResultAsync(request, cancellation.Token) is { } answer)
            {
                await connection.WriteAsync(answer.Content, cancellation.Token);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The client is gone, or no longer waits.
        }
        finally
        {
            calls.TryRemove(request.Call, out _);
            cancellation.Dispose();
        }
    }

    private async Task<WireWriter?> ResultAsync(WireReader request, CancellationToken cancellationToken)
    {
        try
        {
            var (target, method, arguments, patience) = Read(request, cancellationToken);
            var result = await _caller.SendAsync(target, method, arguments, patience);
            if (method.IsOneWay)
            {
                return null;
            }

            var answer = new WireWriter(GatewayFrame.Answer, request.Call);
            if (method.ResultType != typeof(void))
            {
                answer.Write(method.ResultType, result);
            }

            return answer;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            var fault = new WireWriter(GatewayFrame.Fault, request.Call);
            fault.Write(typeof(Exception), e);
            return fault;
        }
    }

    private (GrainReference Target, GrainMethod Method, object?[] Arguments, TimeSpan? Patience) Read(
        WireReader request, CancellationToken cancellationToken)
    {
        var type = request.Read<Type>();
        if (!type.IsInterface || !typeof(IAddressable).IsAssignableFrom(type))
        {
            throw new SerializerException($"{type} is no grain interface.");
        }

        // Members have no names on the wire, so that the two sides must mean the same ones.
        if (new Guid(request.Exactly(16)) != type.Module.ModuleVersionId)
        {
            throw new SerializerException($"The silo runs another build of {type.Assembly.GetName().Name}; start it again from this one.");
        }

        var grainInterface = GrainInterface.Of(type);
        var method = grainInterface.Methods[request.Count()];
        var patience = request.Read<TimeSpan?>();
        var target = grainInterface.Refer(_caller, request.Read<GrainId>());
        RequestContext.Values = request.Read<Dictionary<string, object>?>();
        var arguments = Array.ConvertAll(method.Info.GetParameters(), parameter => request.Read(parameter.ParameterType));
        if (method.CancellationIndex >= 0)
        {
            arguments[method.CancellationIndex] = cancellationToken;
        }

        return (target, method, arguments, patience);
    }
}
