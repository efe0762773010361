using Microsoft.AspNetCore.Http.HttpResults;

namespace OrleansTagging.Silo;

/// <summary>Where a viewer signs in: what the pages need to ask for a token. None of it is secret.</summary>
/// <param name="Authority">Who issues tokens.</param>
/// <param name="ClientId">The application for which they are issued.</param>
public sealed record SignInPlace(string Authority, string ClientId);

/// <summary>Tells the pages where a viewer signs in.</summary>
internal static class SignInEndpoint
{
    private const string UriOfAnId = "api://";

    /// <summary>Maps <c>/sign-in</c>, which is empty where the silo knows tokens of its own alone.</summary>
    public static void MapSignIn(this IEndpointRouteBuilder endpoints, SiloSettings settings) =>
        endpoints.MapGet("/sign-in", () => PlaceOf(settings)).AllowAnonymous().ExcludeFromDescription();

    private static Results<Ok<SignInPlace>, NoContent> PlaceOf(SiloSettings settings) => settings.Entra is { IsOn: true } entra
        ? TypedResults.Ok(new SignInPlace(entra.Authority!, entra.Audience!.StartsWith(UriOfAnId, StringComparison.Ordinal)
            ? entra.Audience[UriOfAnId.Length..] : entra.Audience))
        : TypedResults.NoContent();
}
