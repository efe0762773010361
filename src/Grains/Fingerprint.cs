using System.Security.Cryptography;
using System.Text.Json;

namespace OrleansTagging.Grains;

/// <summary>Tells whether what a result came from is still the same.</summary>
internal static class Fingerprint
{
    /// <summary>A hash of all that determines a result: alike for alike values, whatever objects hold them.</summary>
    public static string Of(params object?[] determinants) =>
        Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(determinants)))[..32];
}
