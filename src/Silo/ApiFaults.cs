using OrleansTagging.Labels;
using OrleansTagging.Storage;

namespace OrleansTagging.Silo;

/// <summary>Says in a problem's one line what went wrong where a grain or the store does not answer.</summary>
internal sealed class ApiFaults : IEndpointFilter
{
    /// <inheritdoc/>
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (ArtifactMissingException fault)
        {
            return TypedResults.Problem(fault.Message, statusCode: StatusCodes.Status404NotFound);
        }
        catch (InputException fault)
        {
            return TypedResults.Problem(fault.Message, statusCode: StatusCodes.Status400BadRequest);
        }
        catch (Exception fault) when (fault is TimeoutException or Orleans.Runtime.OrleansException or StoreUnavailableException)
        {
            return TypedResults.Problem(
                $"No answer just now ({fault.Message.ReplaceLineEndings(" ")}); try again.",
                statusCode: StatusCodes.Status503ServiceUnavailable);
        }
    }
}
