using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansTagging.Audio;

/// <summary>A clip that an import has done with.</summary>
/// <param name="FileName">The clip.</param>
/// <param name="Subset">The part that it belongs to.</param>
/// <param name="Source">SHA-256 of its file; empty where that cannot be read.</param>
/// <param name="Samples">Samples that were packed; 0 where it was left out.</param>
/// <param name="Audio">SHA-256 of these samples as little-endian float32; empty where it was left out.</param>
/// <param name="Defect">Why it was left out.</param>
internal sealed record JournalEntry(string FileName, ClipSubset Subset, string Source, int Samples, string Audio, ClipDefect? Defect);

/// <summary>
/// What an import that can be broken off has done so far: the file <c>import.journal</c> beside the unfinished <c>audio.npy</c>, a line a
/// clip in the order in which clips are packed. A line is written when its samples are with the operating system, so that what a killed
/// process leaves behind is never said to be more than it is; after a loss of power the hashes tell.
/// </summary>
internal sealed class ImportJournal : IDisposable
{
    public const string FileName = "import.journal";

    /// <summary>To be raised when the same file comes to be decoded to other samples.</summary>
    private const int Decoding = 1;

    private readonly FileStream _file;
    private readonly List<long> _ends = [];

    private ImportJournal(FileStream file) => _file = file;

    /// <summary>The clips done with, in their order.</summary>
    public List<JournalEntry> Entries { get; } = [];

    /// <summary>Opens the journal in a folder; one that was written under other settings is begun anew.</summary>
    /// <param name="folder">The folder, which exists.</param>
    /// <param name="rate">The rate that clips are decoded to, in Hz.</param>
    /// <param name="options">The other settings.</param>
    public static ImportJournal Open(string folder, int rate, ImportOptions options)
    {
        var file = new FileStream(
            Path.Combine(folder, FileName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        try
        {
            var journal = new ImportJournal(file);
            var head = Encoding.UTF8.GetBytes(string.Create(
                System.Globalization.CultureInfo.InvariantCulture, $"import {Decoding} {rate} {options.KeepKnownBad}\n"));
            var written = new byte[file.Length];
            file.ReadExactly(written);
            if (written.AsSpan().StartsWith(head))
            {
                journal._ends.Add(head.Length);
                journal.Read(written, head.Length);
            }
            else
            {
                file.SetLength(0);
                file.Write(head);
                journal._ends.Add(head.Length);
            }
            file.SetLength(file.Position = journal._ends[^1]);
            return journal;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>SHA-256 of a file, lower-case hex; empty where it cannot be read.</summary>
    public static string HashOf(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 18, FileOptions.SequentialScan);
            return Convert.ToHexStringLower(SHA256.HashData(file));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>SHA-256 of samples, lower-case hex.</summary>
    public static string HashOf(ReadOnlySpan<float> samples) => Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(samples)));

    /// <summary>Notes that a clip is done with; its samples are with the operating system.</summary>
    public void Append(JournalEntry entry)
    {
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(entry, JournalJson.Default.JournalEntry), (byte)'\n'];
        _file.Write(line);
        Entries.Add(entry);
        _ends.Add(_ends[^1] + line.Length);
    }

    /// <summary>Forgets all but the first clips.</summary>
    public void Keep(int count)
    {
        Entries.RemoveRange(count, Entries.Count - count);
        _ends.RemoveRange(count + 1, _ends.Count - count - 1);
        _file.SetLength(_file.Position = _ends[^1]);
    }

    public void Dispose() => _file.Dispose();

    private void Read(byte[] written, int from)
    {
        while (Array.IndexOf(written, (byte)'\n', from) is >= 0 and var end)
        {
            if (!TryParse(written.AsSpan(from, end - from), out var entry))
            {
                return;
            }
            from = end + 1;
            Entries.Add(entry);
            _ends.Add(from);
        }
    }

    // After a loss of power a line may be anything.
    private static bool TryParse(ReadOnlySpan<byte> line, [NotNullWhen(true)] out JournalEntry? entry)
    {
        try
        {
            entry = JsonSerializer.Deserialize(line, JournalJson.Default.JournalEntry);
            return entry is { FileName: not null, Source: not null, Audio: not null, Samples: >= 0 };
        }
        catch (JsonException)
        {
            entry = null;
            return false;
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(JournalEntry))]
internal sealed partial class JournalJson : JsonSerializerContext;
