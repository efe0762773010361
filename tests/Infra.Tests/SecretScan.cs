using System.Text.RegularExpressions;

namespace OrleansTagging.Infra.Tests;

/// <summary>Finds what looks like a secret in a text.</summary>
internal static partial class SecretScan
{
    /// <summary>What looks like a secret and is none.</summary>
    public static readonly string[] Allowed =
    [
        // The storage emulator's own account, which its maker publishes; it opens nothing else.
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
    ];

    /// <summary>Kinds of secrets and where they are, a line each; what was found is not repeated whole.</summary>
    public static IEnumerable<string> Find(string file, string text)
    {
        foreach (var allowed in Allowed)
        {
            text = text.Replace(allowed, "", StringComparison.Ordinal);
        }
        foreach (var (kind, pattern) in ((string, Regex)[])
            [
                ("a private key", PrivateKey()), ("a key of a storage account", AccountKey()), ("a shared access signature", Signature()),
                ("a key of Application Insights", InstrumentationKey()), ("a token of a code host or a chat", HostToken()),
                ("a key of a cloud", CloudKey()), ("a JSON web token", WebToken()), ("a password in an address", AddressPassword()),
                ("a word for a secret with a value beside it", Assigned()),
            ])
        {
            foreach (Match match in pattern.Matches(text))
            {
                var line = 1 + text.AsSpan(0, match.Index).Count('\n');
                yield return $"{file}:{line}: {kind} ({match.Value[..Math.Min(12, match.Value.Length)].ReplaceLineEndings(" ")}…)";
            }
        }
    }

    [GeneratedRegex("-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\\s+[A-Za-z0-9+/]{20}")]
    private static partial Regex PrivateKey();

    [GeneratedRegex("(?:AccountKey|SharedAccessKey|primaryKey|Password)=[A-Za-z0-9+/]{40,}={0,2}")]
    private static partial Regex AccountKey();

    [GeneratedRegex("[?&;]sig=[A-Za-z0-9%+/]{30,}")]
    private static partial Regex Signature();

    [GeneratedRegex("InstrumentationKey=[0-9a-f]{8}-")]
    private static partial Regex InstrumentationKey();

    [GeneratedRegex("\\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{40,}|glpat-[A-Za-z0-9_-]{20}|xox[baprs]-[A-Za-z0-9-]{20,})")]
    private static partial Regex HostToken();

    [GeneratedRegex("\\b(?:AKIA[0-9A-Z]{16}|AIza[0-9A-Za-z_-]{35}|sk-[A-Za-z0-9_-]{32,}|[A-Za-z0-9~_-]{3}8Q~[A-Za-z0-9~_.-]{31,34})")]
    private static partial Regex CloudKey();

    [GeneratedRegex("\\beyJ[A-Za-z0-9_-]{12,}\\.eyJ[A-Za-z0-9_-]{12,}\\.[A-Za-z0-9_-]{16,}")]
    private static partial Regex WebToken();

    [GeneratedRegex("\\b[a-z][a-z0-9+]+://[^/\\s:@{}$<\"']+:[^/\\s:@{}$<\"']{6,}@[A-Za-z0-9]")]
    private static partial Regex AddressPassword();

    // A value of letters and digits without a pause, as generators make them; words joined by hyphens are a test's.
    [GeneratedRegex(
        "(?i)(?:password|passwd|secret|api_?key|access_?token|client_?secret|auth_?token)\\w*[\"']?\\s*[:=]\\s*[\"']?"
        + "(?=[A-Za-z0-9+/_]*[0-9])(?=[A-Za-z0-9+/_]*[A-Z])(?=[A-Za-z0-9+/_]*[a-z])[A-Za-z0-9+/_]{24,}")]
    private static partial Regex Assigned();
}
