using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;

namespace OrleansTagging.Silo;

/// <summary>Tokens of Entra ID.</summary>
internal static class EntraSignIn
{
    /// <summary>What is wrong with the settings, a line each.</summary>
    public static IEnumerable<string> Faults(EntraSettings settings, string section)
    {
        if (!settings.IsOn)
        {
            yield break;
        }
        if (!Uri.TryCreate(settings.Authority, UriKind.Absolute, out var authority) || authority.Scheme != Uri.UriSchemeHttps)
        {
            yield return $"{section}:{nameof(settings.Authority)} is no https address; write "
                + "https://login.microsoftonline.com/TENANT/v2.0.";
        }
        if (string.IsNullOrEmpty(settings.Audience))
        {
            yield return $"{section}:{nameof(settings.Audience)} is not set; name the application for which tokens are issued.";
        }
    }

    /// <summary>Accepts the tokens that the settings name.</summary>
    /// <returns>The scheme.</returns>
    public static string Add(AuthenticationBuilder authentication, EntraSettings settings)
    {
        authentication.AddJwtBearer(options =>
        {
            options.Authority = settings.Authority;
            options.Audience = settings.Audience;
        });
        return JwtBearerDefaults.AuthenticationScheme;
    }
}
