using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using OrleansTagging.Grains.Clustering;

namespace OrleansTagging.Dashboard.Tests;

/// <summary>Takes what is sent over OTLP (HTTP, protobuf). Names stand in those messages as they are, and that is all that is read.</summary>
internal sealed class OtlpReceiver : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ConcurrentQueue<(string Path, string Content)> _received = [];

    public OtlpReceiver()
    {
        Address = $"http://127.0.0.1:{LoopbackPorts.Free()}";
        _listener.Prefixes.Add($"{Address}/");
        _listener.Start();
        _ = ReceiveAsync();
    }

    /// <summary>Where it listens.</summary>
    public string Address { get; }

    /// <summary>Whether something of a kind (<c>traces</c>, <c>metrics</c>) with this text has come.</summary>
    public bool Has(string kind, string text) => _received.Any(sent =>
        sent.Path == $"/v1/{kind}" && sent.Content.Contains(text, StringComparison.Ordinal));

    public void Dispose() => _listener.Close();

    private async Task ReceiveAsync()
    {
        while (true)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                using var content = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(content);
                _received.Enqueue((context.Request.Url!.AbsolutePath, Encoding.Latin1.GetString(content.ToArray())));
                context.Response.Close();
            }
            catch (Exception fault) when (fault is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }
}
