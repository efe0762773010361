using System.Globalization;
using System.Security.Cryptography;

namespace OrleansTagging.Storage;

/// <summary>
/// How a checkpoint is stored: the SHA-256 of its bytes, 32 bytes, and then its bytes. Its name is its number, in as many digits as any.
/// </summary>
internal static class CheckpointSeal
{
    /// <summary>Checkpoints of a job that are kept.</summary>
    public const int Kept = 2;

    /// <summary>What a checkpoint's name ends in.</summary>
    public const string Suffix = ".checkpoint";

    /// <summary>The name of a checkpoint.</summary>
    public static string Name(long number) => number.ToString("d12", CultureInfo.InvariantCulture) + Suffix;

    /// <summary>The number in a name; <c>null</c> where it is no checkpoint's.</summary>
    public static long? Number(string name) =>
        name.EndsWith(Suffix, StringComparison.Ordinal)
        && long.TryParse(name.AsSpan(0, name.Length - Suffix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    /// <summary>What the bytes to store begin with.</summary>
    public static byte[] Of(ReadOnlySpan<byte> content) => SHA256.HashData(content);

    /// <summary>The bytes of a checkpoint, without the seal.</summary>
    /// <exception cref="CheckpointDamagedException">They do not have the hash that they begin with.</exception>
    public static byte[] Open(ReadOnlySpan<byte> stored, string location) =>
        stored.Length >= SHA256.HashSizeInBytes
        && Of(stored[SHA256.HashSizeInBytes..]).AsSpan().SequenceEqual(stored[..SHA256.HashSizeInBytes])
            ? stored[SHA256.HashSizeInBytes..].ToArray()
            : throw new CheckpointDamagedException(location);
}
