using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;

namespace OrleansTagging.Storage.Tests;

/// <summary>A network that carries requests to the service and now and then loses the answer to a PUT, after the service has done its
/// work.</summary>
internal sealed class LostAnswers(int everyPut) : HttpPipelinePolicy
{
    private int _puts;

    public static BlobClientOptions Options(int everyPut)
    {
        var options = new BlobClientOptions();
        options.Retry.Delay = TimeSpan.FromMilliseconds(5);
        options.AddPolicy(new LostAnswers(everyPut), HttpPipelinePosition.PerRetry);
        return options;
    }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        ProcessNext(message, pipeline);
        Lose(message);
    }

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        await ProcessNextAsync(message, pipeline);
        Lose(message);
    }

    private void Lose(HttpMessage message)
    {
        if (message.Request.Method == RequestMethod.Put && Interlocked.Increment(ref _puts) % everyPut == 0)
        {
            throw new IOException("The connection was reset before the answer came.");
        }
    }
}
