using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;

namespace OrleansTagging.Storage.Tests;

/// <summary>Counts what goes to the service and what comes from it, and tells of every block before it is sent.</summary>
internal sealed class CountedRequests(Action<int>? block = null) : HttpPipelinePolicy
{
    private int _blocks;
    private int _staged;
    private long _read;

    /// <summary>Blocks that were sent.</summary>
    public int Blocks => _blocks;

    /// <summary>Blocks that the service has said it has.</summary>
    public int Staged => Volatile.Read(ref _staged);

    /// <summary>Bytes of blobs that were read.</summary>
    public long Read => Interlocked.Read(ref _read);

    /// <summary>Options of a client that is counted.</summary>
    public BlobClientOptions Options()
    {
        var options = new BlobClientOptions();
        options.AddPolicy(this, HttpPipelinePosition.PerCall);
        return options;
    }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        Before(message);
        ProcessNext(message, pipeline);
        After(message);
    }

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        Before(message);
        await ProcessNextAsync(message, pipeline);
        After(message);
    }

    private void Before(HttpMessage message)
    {
        if (IsBlock(message))
        {
            var number = Interlocked.Increment(ref _blocks);
            block?.Invoke(number);
        }
    }

    private static bool IsBlock(HttpMessage message) =>
        message.Request.Method == RequestMethod.Put && message.Request.Uri.Query.Contains("comp=block&", StringComparison.Ordinal);

    private void After(HttpMessage message)
    {
        if (IsBlock(message) && message.Response.Status == 201)
        {
            Interlocked.Increment(ref _staged);
        }
        if (message.Request.Method == RequestMethod.Get && message.Response.Status is 200 or 206
            && message.Request.Uri.Path.Contains("/artifacts/", StringComparison.Ordinal))
        {
            Interlocked.Add(ref _read, message.Response.Headers.ContentLengthLong ?? 0);
        }
    }
}
