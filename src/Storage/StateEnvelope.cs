using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansTagging.Storage;

/// <summary>
/// How a state is stored: one line of JSON (its key, encoded; the id of the write; the SHA-256 of the content) and then the content as it
/// is.
/// </summary>
/// <param name="Key">The key's encoding by <see cref="StateKey"/>, in full.</param>
/// <param name="Write">What no other write of this key has: its number and 64 random bits, so that a cleared and rewritten state is a new
/// version.</param>
/// <param name="Sha256">The hash of the content, in lower-case hex digits.</param>
internal sealed partial record StateEnvelope(string Key, string Write, string Sha256)
{
    private const byte LineEnd = (byte)'\n';

    /// <summary>The bytes to store for a state that replaces <paramref name="replaced"/>.</summary>
    public static byte[] Seal(string encodedKey, ReadOnlySpan<byte> content, StateEnvelope? replaced, out StateEnvelope envelope)
    {
        var number = replaced is null ? 1 : long.Parse(replaced.Write.AsSpan(0, replaced.Write.IndexOf('-'))) + 1;
        var random = RandomNumberGenerator.GetHexString(16, lowercase: true);
        envelope = new StateEnvelope(encodedKey, $"{number}-{random}", Convert.ToHexStringLower(SHA256.HashData(content)));
        return [.. JsonSerializer.SerializeToUtf8Bytes(envelope, Json.Default.StateEnvelope), LineEnd, .. content];
    }

    /// <summary>The envelope and the content of stored bytes.</summary>
    /// <exception cref="StateDamagedException">They are not what <see cref="Seal"/> made.</exception>
    public static StateEnvelope Open(ReadOnlySpan<byte> stored, string location, out byte[] content)
    {
        var envelope = OpenLine(stored, location, out var length);
        content = stored[(length + 1)..].ToArray();
        return envelope.Sha256 == Convert.ToHexStringLower(SHA256.HashData(content))
            ? envelope
            : throw new StateDamagedException(location, "its content does not have the hash in its first line");
    }

    /// <summary>The envelope alone, from the first line.</summary>
    /// <exception cref="StateDamagedException">The first line is no envelope.</exception>
    public static StateEnvelope OpenLine(ReadOnlySpan<byte> stored, string location, out int length)
    {
        length = stored.IndexOf(LineEnd);
        try
        {
            var envelope = length < 0 ? null : JsonSerializer.Deserialize(stored[..length], Json.Default.StateEnvelope);
            return envelope is { Key: not null, Write: not null }
                ? envelope
                : throw new StateDamagedException(location, "its first line is missing");
        }
        catch (JsonException e)
        {
            throw new StateDamagedException(location, "its first line is not the JSON it was", e);
        }
    }

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
    [JsonSerializable(typeof(StateEnvelope))]
    private sealed partial class Json : JsonSerializerContext;
}
