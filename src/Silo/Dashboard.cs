using Microsoft.Extensions.FileProviders;

namespace OrleansTagging.Silo;

/// <summary>
/// The pages for a browser, built from <c>src/Dashboard</c> into <c>wwwroot</c> beside the program. They hold nothing that is secret and are
/// given to all; what they show they ask of the API, with the viewer's token.
/// </summary>
internal static class Dashboard
{
    private const string Absent = "The dashboard was not built: npm is needed for that. Install Node.js, run eng/setup.sh, and start the silo "
        + "again. The API is at /api, described at /openapi/v1.json.\n";

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "wwwroot");

    private static bool IsBuilt => File.Exists(Path.Combine(Folder, "index.html"));

    /// <summary>Serves the pages, before anybody is asked for a token.</summary>
    public static void UseDashboard(this IApplicationBuilder app)
    {
        if (!IsBuilt)
        {
            return;
        }
        var files = new PhysicalFileProvider(Folder);
        app.UseDefaultFiles(new DefaultFilesOptions { FileProvider = files });
        app.UseStaticFiles(new StaticFileOptions
        {
            FileProvider = files,
            // The names of what Vite builds change with their content; the page that names them does not.
            OnPrepareResponse = file => file.Context.Response.Headers.CacheControl =
                file.Context.Request.Path.StartsWithSegments("/assets") ? "public, max-age=31536000, immutable" : "no-cache",
        });
    }

    /// <summary>Says at / where the pages are missing.</summary>
    public static void MapDashboard(this IEndpointRouteBuilder endpoints)
    {
        if (!IsBuilt)
        {
            endpoints.MapGet("/", () => TypedResults.Text(Absent)).AllowAnonymous().ExcludeFromDescription();
        }
    }
}
