using Microsoft.AspNetCore.Authentication;

namespace OrleansTagging.Silo;

/// <summary>Tokens of Entra ID, which a build from a feed without Orleans does not read; the twin of this file does.</summary>
internal static class EntraSignIn
{
    /// <summary>What is wrong with the settings, a line each.</summary>
    public static IEnumerable<string> Faults(EntraSettings settings, string section)
    {
        if (settings.IsOn)
        {
            yield return $"{section} is set, but this build knows the token only; set Tagging:HttpToken, or build with "
                + "-p:GrainHost=Orleans.";
        }
    }

    /// <summary>Never called: the settings are refused before.</summary>
    /// <returns>The scheme.</returns>
    public static string Add(AuthenticationBuilder authentication, EntraSettings settings) =>
        throw new InvalidOperationException("Settings that were refused are used.");
}
