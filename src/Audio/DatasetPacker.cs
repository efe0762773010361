using System.Runtime.InteropServices;
using System.Security.Cryptography;
using OrleansTagging.Labels;

namespace OrleansTagging.Audio;

/// <summary>
/// Writes a packed dataset clip by clip: <c>audio.npy</c>, then <c>clips.csv</c>, and <c>dataset.json</c> last. A folder without
/// <c>dataset.json</c> holds no dataset, so whatever is killed on the way leaves nothing that looks whole.
/// </summary>
internal sealed class DatasetPacker : IDisposable
{
    public const string AudioFileName = "audio.npy";
    public const string ClipsFileName = "clips.csv";
    public const string FactsFileName = "dataset.json";

    private readonly string _folder;
    private readonly int _rate;
    private readonly ClassMap _classes;
    private readonly NpyWriter<float> _audio;
    private IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly List<PackedClip> _clips = [];
    private readonly ImportJournal? _journal;
    private bool _completed;

    /// <summary>Begins a dataset in a folder that is absent, empty, or holds what a killed import left.</summary>
    /// <exception cref="InputException">The folder holds something else.</exception>
    public DatasetPacker(string folder, int rate, ClassMap classes)
    {
        (_folder, _rate, _classes) = (folder, rate, classes);
        Directory.CreateDirectory(folder);
        RequireVacant(folder);
        foreach (var leftover in Directory.EnumerateFiles(folder))
        {
            File.Delete(leftover);
        }
        _audio = new NpyWriter<float>(Path.Combine(folder, AudioFileName));
    }

    private DatasetPacker(string folder, int rate, ClassMap classes, ImportJournal journal, NpyWriter<float> audio) =>
        (_folder, _rate, _classes, _journal, _audio) = (folder, rate, classes, journal, audio);

    /// <summary>
    /// Goes on with a dataset that was broken off, or begins one that can be. What the folder holds of it is kept as far as it is sound.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="rate">The rate in Hz.</param>
    /// <param name="classes">The classes.</param>
    /// <param name="journal">What was done; in the end what is kept. The packer writes it on.</param>
    /// <param name="labels">Labels of the clips of the journal.</param>
    public static DatasetPacker Continue(
        string folder, int rate, ClassMap classes, ImportJournal journal, IReadOnlyList<int[]> labels)
    {
        var path = Path.Combine(folder, AudioFileName);
        var partial = NpyWriter<float>.PartialOf(path);
        File.Delete(Path.Combine(folder, FactsFileName));
        File.Delete(Path.Combine(folder, ClipsFileName));
        if (File.Exists(path))
        {
            File.Move(path, partial, overwrite: true);
        }
        var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var clips = new List<PackedClip>();
        var (kept, rows) = (0, 0L);
        using (var file = new FileStream(partial, FileMode.OpenOrCreate, FileAccess.Read, FileShare.ReadWrite, 1 << 20))
        {
            file.Position = NpyWriter<float>.HeaderBytes;
            var samples = Array.Empty<float>();
            foreach (var entry in journal.Entries)
            {
                if (entry.Defect is null)
                {
                    if (samples.Length < entry.Samples)
                    {
                        samples = new float[entry.Samples];
                    }
                    var bytes = MemoryMarshal.AsBytes(samples.AsSpan(0, entry.Samples));
                    if (file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length
                        || ImportJournal.HashOf(samples.AsSpan(0, entry.Samples)) != entry.Audio)
                    {
                        break;
                    }
                    hash.AppendData(bytes);
                    clips.Add(new PackedClip(clips.Count, entry.FileName, entry.Subset, rows, entry.Samples, labels[kept]));
                    rows += entry.Samples;
                }
                kept++;
            }
        }
        journal.Keep(kept);
        var packer = new DatasetPacker(folder, rate, classes, journal, NpyWriter<float>.Continue(path, rows));
        packer._hash.Dispose();
        packer._hash = hash;
        packer._clips.AddRange(clips);
        return packer;
    }

    /// <summary>
    /// The facts of a dataset that was whole before its audio was taken away, if the journal and these labels still lead to it.
    /// </summary>
    public static DatasetFacts? WholeBut(
        string folder, int rate, ClassMap classes, ImportJournal journal, IReadOnlyList<int[]> labels)
    {
        var path = Path.Combine(folder, ClipsFileName);
        if (!File.Exists(path) || !File.Exists(Path.Combine(folder, FactsFileName)))
        {
            return null;
        }
        var (clips, rows) = (new List<PackedClip>(), 0L);
        foreach (var (entry, at) in journal.Entries.Select((entry, at) => (entry, at)).Where(pair => pair.entry.Defect is null))
        {
            clips.Add(new PackedClip(clips.Count, entry.FileName, entry.Subset, rows, entry.Samples, labels[at]));
            rows += entry.Samples;
        }
        var bytes = ClipIndex.ToBytes(clips, classes);
        var facts = DatasetFacts.Read(Path.Combine(folder, FactsFileName));
        return bytes.AsSpan().SequenceEqual(File.ReadAllBytes(path))
            && facts.Version == ClipIndex.Version(rate, classes.Names, bytes, facts.AudioSha256)
            ? facts
            : null;
    }

    /// <summary>Refuses a folder that holds a whole dataset or anything that is no part of one.</summary>
    /// <exception cref="InputException">The folder is not vacant.</exception>
    public static void RequireVacant(string folder)
    {
        if (File.Exists(folder))
        {
            throw new InputException($"{folder}: a file where the folder of the packed dataset is to be.");
        }
        if (!Directory.Exists(folder))
        {
            return;
        }
        if (File.Exists(Path.Combine(folder, FactsFileName)))
        {
            throw new InputException($"{folder}: there is a packed dataset already; give an empty folder.");
        }
        foreach (var entry in Directory.EnumerateFileSystemEntries(folder))
        {
            var name = Path.GetFileName(entry);
            if (name is not (AudioFileName or ClipsFileName) && !name.EndsWith(".partial", StringComparison.Ordinal))
            {
                throw new InputException($"{folder}: the folder is not empty ('{name}'); give an empty one.");
            }
        }
    }

    /// <summary>Appends a clip. Clips come by subset, then by file name (ordinal).</summary>
    /// <param name="fileName">The clip.</param>
    /// <param name="subset">The part that it belongs to.</param>
    /// <param name="samples">Its samples.</param>
    /// <param name="labels">Its labels.</param>
    /// <param name="source">SHA-256 of its file, where the dataset can be broken off.</param>
    public void Append(string fileName, ClipSubset subset, ReadOnlySpan<float> samples, int[] labels, string source = "")
    {
        if (_clips is [.., var last] && (last.Subset, string.CompareOrdinal(last.FileName, fileName)).CompareTo((subset, 0)) >= 0)
        {
            throw new InvalidOperationException($"The clip '{fileName}' comes after '{last.FileName}', out of order.");
        }
        _clips.Add(new PackedClip(_clips.Count, fileName, subset, _audio.Rows, samples.Length, labels));
        _audio.Append(samples);
        _hash.AppendData(MemoryMarshal.AsBytes(samples));
        if (_journal is not null)
        {
            _audio.Flush();
            _journal.Append(new JournalEntry(fileName, subset, source, samples.Length, ImportJournal.HashOf(samples), null));
        }
    }

    /// <summary>Notes that a clip is left out, where the dataset can be broken off.</summary>
    public void LeaveOut(string fileName, ClipSubset subset, ClipDefect defect, string source) =>
        _journal?.Append(new JournalEntry(fileName, subset, source, 0, "", defect));

    /// <summary>Ends the dataset and gives it its name.</summary>
    public DatasetFacts Complete(IReadOnlyList<LeftOutClip> leftOut)
    {
        var clips = ClipIndex.ToBytes(_clips, _classes);
        var audioHash = Convert.ToHexStringLower(_hash.GetHashAndReset());
        var facts = new DatasetFacts
        {
            Format = DatasetFacts.CurrentFormat,
            Version = ClipIndex.Version(_rate, _classes.Names, clips, audioHash),
            AudioSha256 = audioHash,
            Rate = _rate,
            Classes = _classes.Names,
            Curated = Figures(ClipSubset.Curated, leftOut),
            Noisy = Figures(ClipSubset.Noisy, leftOut),
            Test = Figures(ClipSubset.Test, leftOut),
            LeftOut = leftOut,
        };
        _audio.Complete();
        WriteWhole(ClipsFileName, clips);
        WriteWhole(FactsFileName, facts.ToBytes());
        _completed = true;
        return facts;
    }

    /// <summary>Closes the files; without <see cref="Complete"/> before, they are gone, unless it is to be continued.</summary>
    public void Dispose()
    {
        _audio.Dispose();
        _hash.Dispose();
        if (!_completed && _journal is null)
        {
            File.Delete(Path.Combine(_folder, AudioFileName));
            File.Delete(Path.Combine(_folder, ClipsFileName));
        }
    }

    private SubsetFacts Figures(ClipSubset subset, IReadOnlyList<LeftOutClip> leftOut)
    {
        var clips = _clips.Where(clip => clip.Subset == subset).ToList();
        var samples = clips.Sum(clip => (long)clip.Samples);
        return new SubsetFacts
        {
            Clips = clips.Count,
            Samples = samples,
            Hours = Math.Round(samples / (3600.0 * _rate), 6),
            LabelsPerClip = clips.Count == 0 ? 0 : Math.Round(clips.Average(clip => clip.Labels.Length), 6),
            LeftOut = leftOut.Count(clip => clip.Subset == subset),
        };
    }

    private void WriteWhole(string name, byte[] bytes)
    {
        var path = Path.Combine(_folder, name);
        var partial = $"{path}.{Guid.NewGuid():N}.partial";
        try
        {
            using (var stream = new FileStream(partial, FileMode.CreateNew, FileAccess.Write))
            {
                stream.Write(bytes);
                stream.Flush(flushToDisk: true);
            }
            File.Move(partial, path, overwrite: true);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }
}
