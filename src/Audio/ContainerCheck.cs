using System.Buffers.Binary;

namespace OrleansTagging.Audio;

/// <summary>
/// What can be said of a file before it is decoded. libsndfile quietly shortens a WAV whose data chunk is longer than the file and an Ogg
/// stream that lacks its last pages; a clip cut off while being downloaded would pass for a short one.
/// </summary>
internal static class ContainerCheck
{
    private const int SniffedBytes = 1024;

    // Encoders that write to a pipe cannot know the length and leave one of these (ffmpeg, sox) or anything near them.
    private const uint LeastOpenLength = 0x7FFF_0000;

    /// <summary>The defect that shows in the file's layout; null where it shows none.</summary>
    public static ClipDefect? Defect(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            if (file.Length == 0)
            {
                return new(ClipDefectKind.Empty, "empty: the file has no bytes");
            }
            Span<byte> start = stackalloc byte[SniffedBytes];
            start = start[..file.ReadAtLeast(start, SniffedBytes, throwOnEndOfStream: false)];
            if (start.StartsWith("RIFF"u8) || start.StartsWith("RF64"u8) || start.StartsWith("RIFX"u8))
            {
                return Riff(file, bigEndian: start[3] == 'X');
            }
            if (start.StartsWith("OggS"u8))
            {
                return Ogg(file);
            }
            if (start.StartsWith("fLaC"u8))
            {
                return file.Length < 42 ? new(ClipDefectKind.Truncated, "truncated: the file ends inside its header") : null;
            }
            return IsText(start) ? new(ClipDefectKind.Text, "a text file where audio should be") : null;
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            return new(ClipDefectKind.Missing, "there is no such file");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // The message of the fault would name the path once more.
            var why = fault is UnauthorizedAccessException ? "a folder, or no permission" : fault.GetType().Name;
            return new(ClipDefectKind.Unreadable, $"cannot be read ({why})");
        }
    }

    private static ClipDefect? Riff(FileStream file, bool bigEndian)
    {
        Span<byte> header = stackalloc byte[12];
        long? longLength = null;
        long at = 12;
        while (at + 8 <= file.Length)
        {
            file.Position = at;
            file.ReadExactly(header[..8]);
            var length = (long)(bigEndian
                ? BinaryPrimitives.ReadUInt32BigEndian(header[4..])
                : BinaryPrimitives.ReadUInt32LittleEndian(header[4..]));
            var left = file.Length - at - 8;
            if (header.StartsWith("ds64"u8) && length >= 16 && left >= 16)
            {
                // RF64 keeps the true length of the data chunk here (EBU Tech 3306).
                file.Position = at + 16;
                file.ReadExactly(header[..8]);
                longLength = BinaryPrimitives.ReadInt64LittleEndian(header);
            }
            else if (header.StartsWith("data"u8))
            {
                if (length >= LeastOpenLength)
                {
                    length = longLength ?? 0;
                }
                return length > left ? new(ClipDefectKind.Truncated, $"truncated: {left} of {length} bytes of samples are there") : null;
            }
            // A chunk of odd length is followed by a byte of padding.
            at += 8 + length + (length & 1);
        }
        return new(ClipDefectKind.Truncated, "truncated: the file ends before its samples begin");
    }

    /// <summary>Follows the pages (RFC 3533) to the last one, which must be whole and marked as the end of its stream.</summary>
    private static ClipDefect? Ogg(FileStream file)
    {
        const int HeaderBytes = 27;
        const int EndOfStream = 4;
        Span<byte> header = stackalloc byte[HeaderBytes + 255];
        var ended = false;
        long at = 0;
        while (at < file.Length)
        {
            file.Position = at;
            if (file.ReadAtLeast(header[..HeaderBytes], HeaderBytes, throwOnEndOfStream: false) < HeaderBytes)
            {
                return new(ClipDefectKind.Truncated, "truncated: the file ends inside a page of the Ogg stream");
            }
            if (!header.StartsWith("OggS"u8))
            {
                return ended ? null : new(ClipDefectKind.Damaged, $"damaged: no page of the Ogg stream at byte {at}");
            }
            ended = (header[5] & EndOfStream) != 0;
            int segments = header[26];
            var table = header.Slice(HeaderBytes, segments);
            var body = 0L;
            if (file.ReadAtLeast(table, segments, throwOnEndOfStream: false) == segments)
            {
                foreach (var segment in table)
                {
                    body += segment;
                }
            }
            at += HeaderBytes + segments + body;
            if (at > file.Length)
            {
                return new(ClipDefectKind.Truncated, "truncated: the file ends inside a page of the Ogg stream");
            }
        }
        return ended ? null : new(ClipDefectKind.Truncated, "truncated: the Ogg stream lacks its last page");
    }

    private static bool IsText(ReadOnlySpan<byte> start)
    {
        foreach (var unit in start)
        {
            if (unit < 0x20 && unit is not ((byte)'\t' or (byte)'\n' or (byte)'\r' or (byte)'\f' or 0x1B))
            {
                return false;
            }
        }
        // A character of several bytes may be cut at the end of what was read.
        for (var cut = 0; cut < 4 && cut < start.Length; cut++)
        {
            if (System.Text.Unicode.Utf8.IsValid(start[..^cut]))
            {
                return true;
            }
        }
        return false;
    }
}
