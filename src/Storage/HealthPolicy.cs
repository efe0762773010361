using Azure.Core;
using Azure.Core.Pipeline;

namespace OrleansTagging.Storage;

/// <summary>
/// Watches every single try of a request to the storage service, so that an outage can be told while the client still tries again.
/// </summary>
internal sealed class HealthPolicy(string store, StoreHealth health) : HttpPipelinePolicy
{
    private const int ServerFault = 500;

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        try
        {
            ProcessNext(message, pipeline);
            Answered(message);
        }
        catch (Exception fault) when (!message.CancellationToken.IsCancellationRequested)
        {
            Unanswered(fault);
            throw;
        }
    }

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        try
        {
            await ProcessNextAsync(message, pipeline).ConfigureAwait(false);
            Answered(message);
        }
        catch (Exception fault) when (!message.CancellationToken.IsCancellationRequested)
        {
            Unanswered(fault);
            throw;
        }
    }

    private void Answered(HttpMessage message)
    {
        if (message.HasResponse && message.Response.Status >= ServerFault)
        {
            health.Fails($"The store {store} answers with status {message.Response.Status} {message.Response.ReasonPhrase}.");
        }
        else
        {
            health.Works();
        }
    }

    private void Unanswered(Exception fault) =>
        health.Fails($"The store {store} does not answer: {fault.Message.Split('\n')[0].Trim().TrimEnd('.')}.");
}
