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
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly List<PackedClip> _clips = [];
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
    public void Append(string fileName, ClipSubset subset, ReadOnlySpan<float> samples, int[] labels)
    {
        if (_clips is [.., var last] && (last.Subset, string.CompareOrdinal(last.FileName, fileName)).CompareTo((subset, 0)) >= 0)
        {
            throw new InvalidOperationException($"The clip '{fileName}' comes after '{last.FileName}', out of order.");
        }
        _clips.Add(new PackedClip(_clips.Count, fileName, subset, _audio.Rows, samples.Length, labels));
        _audio.Append(samples);
        _hash.AppendData(MemoryMarshal.AsBytes(samples));
    }

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

    /// <summary>Closes the files; without <see cref="Complete"/> before, they are gone.</summary>
    public void Dispose()
    {
        _audio.Dispose();
        _hash.Dispose();
        if (!_completed)
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
