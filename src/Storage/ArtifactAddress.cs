using System.Security.Cryptography;

namespace OrleansTagging.Storage;

/// <summary>
/// The address of an artifact: <c>&lt;sha256 hex&gt;.&lt;extension&gt;</c>, the SHA-256 of its bytes in 64 lower-case hex digits and a
/// short extension (<c>npy</c>, <c>csv</c>, <c>json</c>, <c>dat</c>, <c>txt</c>, …) that says how to open it.
/// </summary>
public static class ArtifactAddress
{
    private const int HashDigits = 2 * SHA256.HashSizeInBytes;
    private const int LongestExtension = 12;

    /// <summary>The address that <paramref name="content"/> has in every store.</summary>
    /// <exception cref="ArgumentException">The extension is not 1 to 12 lower-case letters or digits.</exception>
    public static string Of(ReadOnlySpan<byte> content, string extension)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(content, hash);
        return OfHash(hash, extension);
    }

    /// <summary>The address that the bytes of a file have in every store.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static Task<string> OfFileAsync(string path, string extension, CancellationToken cancellationToken = default)
    {
        CheckExtension(extension);
        return Task.Run(() =>
        {
            using var file = FolderArtifactStore.OpenSource(path);
            return OfHash(FolderArtifactStore.Hash(file, cancellationToken), extension);
        }, cancellationToken);
    }

    /// <summary>Whether <paramref name="text"/> has the form of an address; it says nothing about whether the artifact exists.</summary>
    public static bool IsValid(string? text) =>
        text is { Length: > HashDigits + 1 }
        && text[HashDigits] == '.'
        && !text.AsSpan(0, HashDigits).ContainsAnyExcept("0123456789abcdef")
        && IsExtension(text.AsSpan(HashDigits + 1));

    /// <summary>The extension of an address, without the dot.</summary>
    /// <exception cref="ArgumentException"><paramref name="address"/> is no address.</exception>
    public static string Extension(string address)
    {
        Check(address);
        return address[(HashDigits + 1)..];
    }

    internal static string OfHash(ReadOnlySpan<byte> hash, string extension)
    {
        CheckExtension(extension);
        return $"{Convert.ToHexStringLower(hash)}.{extension}";
    }

    /// <summary>Refuses what is no address before it becomes a part of a path.</summary>
    internal static void Check(string address)
    {
        if (!IsValid(address))
        {
            throw new ArgumentException(
                $"'{address}' is not an artifact address (64 lower-case hex digits, a dot, an extension).", nameof(address));
        }
    }

    internal static void CheckExtension(string extension)
    {
        if (!IsExtension(extension))
        {
            throw new ArgumentException(
                $"'{extension}' is not an extension: 1 to {LongestExtension} lower-case letters or digits, no dot.", nameof(extension));
        }
    }

    private static bool IsExtension(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= LongestExtension && !text.ContainsAnyExcept("abcdefghijklmnopqrstuvwxyz0123456789");
}
