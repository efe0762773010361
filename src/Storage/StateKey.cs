using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace OrleansTagging.Storage;

/// <summary>
/// How a state's key becomes the name of a file or blob: readable, and never the same for two keys, even where the file system ignores
/// case. <c>a-z 0-9 @ = + - _ .</c> stand for themselves (a dot not in front), <c>/</c> becomes <c>,</c>, an upper-case letter its
/// lower-case one after <c>^</c>, and any other UTF-16 unit <c>%</c> and four hex digits. A name over 200 characters keeps its first 120
/// and ends in <c>~</c> and its SHA-256.
/// </summary>
internal static class StateKey
{
    private const string Plain = "abcdefghijklmnopqrstuvwxyz0123456789@=+-_.";
    private const int LongestName = 200;

    /// <summary>How many characters of every name, long or short, are those of <see cref="Encode"/>.</summary>
    public const int KeptOfLongName = 120;

    /// <summary>The full encoding, of any length; that of a prefix is a prefix of that of the key.</summary>
    public static string Encode(string key)
    {
        var name = new StringBuilder(key.Length + 16);
        foreach (var unit in key)
        {
            if (Plain.Contains(unit) && (unit != '.' || name.Length > 0))
            {
                name.Append(unit);
            }
            else if (unit == '/')
            {
                name.Append(',');
            }
            else if (char.IsAsciiLetterUpper(unit))
            {
                name.Append('^').Append(char.ToLowerInvariant(unit));
            }
            else
            {
                name.Append('%').Append(((int)unit).ToString("x4", CultureInfo.InvariantCulture));
            }
        }
        return name.ToString();
    }

    /// <summary>The key of a full encoding.</summary>
    /// <exception cref="FormatException">It is no encoding.</exception>
    public static string Decode(string encoded)
    {
        var key = new StringBuilder(encoded.Length);
        for (var at = 0; at < encoded.Length; at++)
        {
            switch (encoded[at])
            {
                case ',':
                    key.Append('/');
                    break;
                case '^' when at + 1 < encoded.Length:
                    key.Append(char.ToUpperInvariant(encoded[++at]));
                    break;
                case '%' when at + 4 < encoded.Length && ushort.TryParse(
                    encoded.AsSpan(at + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit):
                    key.Append((char)unit);
                    at += 4;
                    break;
                case var other when Plain.Contains(other):
                    key.Append(other);
                    break;
                default:
                    throw new FormatException($"'{encoded}' is not the name of a state.");
            }
        }
        return key.ToString();
    }

    /// <summary>The name to store under: the encoding, shortened where it is too long for a file name.</summary>
    public static string Name(string encoded) =>
        encoded.Length <= LongestName
            ? encoded
            : $"{encoded[..KeptOfLongName]}~{Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(encoded)))}";

    /// <summary>Whether a name was shortened, so that its key can be read only from the stored state.</summary>
    public static bool IsShortened(string name) => name.Contains('~');
}
