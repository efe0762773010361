using System.Buffers.Binary;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Orleans.Runtime.Messaging;

namespace OrleansTagging.EmbeddedHost;

/// <summary>What a frame between a client and a gateway is.</summary>
internal enum GatewayFrame : byte
{
    /// <summary>A call, from the client.</summary>
    Call = 1,

    /// <summary>The client no longer waits for a call's answer.</summary>
    Cancel = 2,

    /// <summary>The result of a call.</summary>
    Answer = 3,

    /// <summary>The exception of a call.</summary>
    Fault = 4,
}

/// <summary>
/// A connection between a client and a gateway, past its greeting: frames of a length (4 bytes, little-endian) and that many bytes. A
/// frame begins with its kind and the number of its call.
/// </summary>
internal sealed class GatewayConnection : IDisposable
{
    private const int GreetingLength = 1024;
    private const int LongestFrame = 256 << 20;
    private static readonly byte[] _magic = [.. "OTGW"u8, 1];
    private static readonly TimeSpan _greetingPatience = TimeSpan.FromSeconds(5);

    private readonly NetworkStream _stream;
    private readonly SemaphoreSlim _writing = new(1);

    private GatewayConnection(Socket socket)
    {
        socket.NoDelay = true;
        _stream = new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>The client's side of the greeting.</summary>
    /// <exception cref="ConnectionFailedException">It is no gateway of this cluster, or one of the two does not know the token.</exception>
    public static Task<GatewayConnection> GreetAsync(Socket socket, byte[] token, string clusterId, CancellationToken cancellationToken) =>
        WithinPatience(socket, async (connection, patience) =>
        {
            var hello = await connection.ReadAsync(GreetingLength, patience);
            if (hello is null || hello.Length != _magic.Length + GatewayToken.Length
                || !hello.AsSpan(0, _magic.Length).SequenceEqual(_magic))
            {
                throw new ConnectionFailedException($"{socket.RemoteEndPoint} is no gateway of this program's.");
            }

            var ofSilo = hello[_magic.Length..];
            var ofClient = RandomNumberGenerator.GetBytes(GatewayToken.Length);
            await connection.WriteAsync(
                [.. ofClient, .. GatewayToken.Proof(token, "client", ofSilo, ofClient), .. Encoding.UTF8.GetBytes(clusterId)], patience);
            var answer = await connection.ReadAsync(GreetingLength, patience);
            if (answer is [0, .. var proof])
            {
                return CryptographicOperations.FixedTimeEquals(proof, GatewayToken.Proof(token, "silo", ofSilo, ofClient))
                    ? connection
                    : throw new ConnectionFailedException($"{socket.RemoteEndPoint} does not know the silo's token.");
            }

            throw new ConnectionFailedException(answer is [_, .. var why]
                ? Encoding.UTF8.GetString(why)
                : $"{socket.RemoteEndPoint} closed the connection.");
        }, cancellationToken);

    /// <summary>The silo's side of the greeting.</summary>
    /// <exception cref="ConnectionFailedException">The client does not know the token, or means another cluster.</exception>
    public static Task<GatewayConnection> WelcomeAsync(
        Socket socket, byte[] token, string clusterId, CancellationToken cancellationToken) =>
        WithinPatience(socket, async (connection, patience) =>
        {
            var ofSilo = RandomNumberGenerator.GetBytes(GatewayToken.Length);
            await connection.WriteAsync([.. _magic, .. ofSilo], patience);
            var hello = await connection.ReadAsync(GreetingLength, patience);
            if (hello is null || hello.Length < 2 * GatewayToken.Length)
            {
                throw new ConnectionFailedException("A client closed the connection during its greeting.");
            }

            var ofClient = hello[..GatewayToken.Length];
            var shown = hello[GatewayToken.Length..(2 * GatewayToken.Length)];
            var meant = Encoding.UTF8.GetString(hello.AsSpan(2 * GatewayToken.Length));
            var why = !CryptographicOperations.FixedTimeEquals(shown, GatewayToken.Proof(token, "client", ofSilo, ofClient))
                    ? "The silo has another token."
                : meant != clusterId ? $"The silo belongs to the cluster '{clusterId}', not to '{meant}'."
                : null;
            await connection.WriteAsync(
                why is null ? [0, .. GatewayToken.Proof(token, "silo", ofSilo, ofClient)] : [1, .. Encoding.UTF8.GetBytes(why)], patience);
            return why is null ? connection : throw new ConnectionFailedException(why);
        }, cancellationToken);

    /// <summary>Sends a frame.</summary>
    public Task WriteAsync(byte[] content, CancellationToken cancellationToken) =>
        WriteAsync(content.AsMemory(), cancellationToken);

    /// <summary>Sends a frame.</summary>
    public async Task WriteAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var frame = new byte[sizeof(int) + content.Length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, content.Length);
        content.CopyTo(frame.AsMemory(sizeof(int)));
        await _writing.WaitAsync(cancellationToken);
        try
        {
            await _stream.WriteAsync(frame, cancellationToken);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>The next frame; null where the other side has closed the connection.</summary>
    public Task<byte[]?> ReadAsync(CancellationToken cancellationToken) => ReadAsync(LongestFrame, cancellationToken);

    public void Dispose() => _stream.Dispose();

    private static async Task<GatewayConnection> WithinPatience(
        Socket socket, Func<GatewayConnection, CancellationToken, Task<GatewayConnection>> greet, CancellationToken cancellationToken)
    {
        var connection = new GatewayConnection(socket);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(_greetingPatience);
        try
        {
            return await greet(connection, patience.Token);
        }
        catch (Exception e)
        {
            connection.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw e as ConnectionFailedException ?? new ConnectionFailedException($"The greeting failed: {e.Message}", e);
        }
    }

    private async Task<byte[]?> ReadAsync(int longest, CancellationToken cancellationToken)
    {
        var header = new byte[sizeof(int)];
        if (await _stream.ReadAtLeastAsync(header, header.Length, throwOnEndOfStream: false, cancellationToken) < header.Length)
        {
            return null;
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(header);
        if (length < 0 || length > longest)
        {
            throw new ConnectionFailedException($"A frame of {length} bytes is announced; at most {longest} are taken.");
        }

        var content = new byte[length];
        return await _stream.ReadAtLeastAsync(content, length, throwOnEndOfStream: false, cancellationToken) < length ? null : content;
    }
}
