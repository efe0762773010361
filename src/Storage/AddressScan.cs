namespace OrleansTagging.Storage;

/// <summary>Finds the addresses of artifacts that stand in a document, whatever its form: JSON, CSV, a line of text.</summary>
internal static class AddressScan
{
    private const int HashDigits = 64;
    private const int LongestExtension = 12;

    /// <summary>All addresses in the bytes of a text, each as often as it stands there.</summary>
    public static List<string> Of(ReadOnlySpan<byte> text)
    {
        var found = new List<string>();
        Span<char> address = stackalloc char[HashDigits + 1 + LongestExtension];
        var from = 0;
        while (text[from..].IndexOf((byte)'.') is >= 0 and var next)
        {
            var dot = from + next;
            from = dot + 1;
            if (dot < HashDigits || text[(dot - HashDigits)..dot].ContainsAnyExcept("0123456789abcdef"u8))
            {
                continue;
            }
            var extension = text[from..];
            var length = extension.IndexOfAnyExcept("abcdefghijklmnopqrstuvwxyz0123456789"u8);
            length = length < 0 ? extension.Length : length;
            if (length is 0 or > LongestExtension)
            {
                continue;
            }
            var whole = text.Slice(dot - HashDigits, HashDigits + 1 + length);
            System.Text.Encoding.ASCII.GetChars(whole, address);
            found.Add(new string(address[..whole.Length]));
        }
        return found;
    }
}
