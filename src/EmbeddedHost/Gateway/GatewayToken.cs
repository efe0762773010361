using System.Security.Cryptography;
using Orleans.Runtime.Messaging;

namespace OrleansTagging.EmbeddedHost;

/// <summary>
/// The secret that a silo shares with the clients of its own user: a file that its owner alone can read. It never crosses the wire;
/// each side shows that it knows it by a hash over random bytes of both (HMAC-SHA-256).
/// </summary>
internal static class GatewayToken
{
    public const int Length = 32;

    /// <summary>Makes a token and writes it to a file, in the place of an earlier one.</summary>
    public static byte[] Write(string path)
    {
        var token = RandomNumberGenerator.GetBytes(Length);
        var partial = $"{path}.{Guid.NewGuid():N}.partial";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var file = new StreamWriter(partial, options))
        {
            file.Write(Convert.ToHexStringLower(token));
        }

        File.Move(partial, path, overwrite: true);
        return token;
    }

    /// <summary>Reads a silo's token.</summary>
    /// <exception cref="ConnectionFailedException">There is none, or it is another user's.</exception>
    public static byte[] Read(string path)
    {
        try
        {
            return Convert.FromHexString(File.ReadAllText(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new ConnectionFailedException(
                $"{path}: the silo's token cannot be read ({e.Message}); no silo runs there, or it is another user's.", e);
        }
    }

    /// <summary>What one side shows to the other.</summary>
    public static byte[] Proof(byte[] token, string side, ReadOnlySpan<byte> ofSilo, ReadOnlySpan<byte> ofClient)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, token);
        hash.AppendData(System.Text.Encoding.ASCII.GetBytes(side));
        hash.AppendData(ofSilo);
        hash.AppendData(ofClient);
        return hash.GetHashAndReset();
    }
}
