using Microsoft.Extensions.Primitives;

namespace OrleansTagging.Silo;

/// <summary>
/// What keeps other pages of a viewer's browser out. A page of another site may send requests to this one: without a token, its word must
/// count for nothing. A browser names the page's site in <c>Origin</c> and <c>Sec-Fetch-Site</c>; a name that was made to point here
/// (DNS rebinding) shows in <c>Host</c>.
/// </summary>
internal static class BrowserProtection
{
    // All comes from here and goes nowhere else. Pictures and sounds that were fetched with a token are blobs of the page's own.
    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
        + "media-src 'self' blob:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    // The runtime's own pages hold styles and scripts in their text.
    private const string RuntimePolicy = "default-src 'self' data: blob: 'unsafe-inline'; base-uri 'self'; form-action 'none'; "
        + "frame-ancestors 'none'";

    /// <summary>Refuses what other sites send, and tells the browser to send nothing to them.</summary>
    public static void UseBrowserProtection(this IApplicationBuilder app, SiloSettings settings)
    {
        // Where a viewer signs in, the pages ask there for the token.
        var policy = settings.Entra.IsOn
            ? Policy.Replace("connect-src 'self'", $"connect-src 'self' {new Uri(settings.Entra.Authority!).GetLeftPart(UriPartial.Authority)}")
            : Policy;
        app.Use((http, next) => ProtectAsync(http, next, settings, policy));
    }

    private static Task ProtectAsync(HttpContext http, RequestDelegate next, SiloSettings settings, string policy)
    {
        var headers = http.Response.Headers;
        headers.ContentSecurityPolicy = http.Request.Path.StartsWithSegments(RuntimeDashboard.Path) ? RuntimePolicy : policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        if (!settings.IsHttpProtected && !HttpProtection.IsLoopback(http.Request.Host.Host))
        {
            return Refuse(http, "This silo asks for no token and so answers to names of this machine alone, such as localhost.");
        }
        var isSafe = HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method);
        // A viewer who comes back from signing in was sent here by another site; that is a GET, and changes nothing.
        return isSafe || IsOwn(http.Request) ? next(http) : Refuse(http, "A page of another site may change nothing here.");
    }

    private static bool IsOwn(HttpRequest request)
    {
        var site = request.Headers["Sec-Fetch-Site"];
        var origin = request.Headers.Origin;
        return (StringValues.IsNullOrEmpty(site) || site == "same-origin" || site == "none")
            && (StringValues.IsNullOrEmpty(origin) || origin == $"{request.Scheme}://{request.Host}");
    }

    private static Task Refuse(HttpContext http, string line)
    {
        http.Response.StatusCode = StatusCodes.Status403Forbidden;
        return http.Response.WriteAsJsonAsync(new { title = "Forbidden", status = StatusCodes.Status403Forbidden, detail = line });
    }
}
