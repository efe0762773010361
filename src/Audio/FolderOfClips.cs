using OrleansTagging.Labels;

namespace OrleansTagging.Audio;

/// <summary>
/// A folder of audio without any table: all its files, those of its subfolders too, as the test clips of a packed dataset that exists for
/// the sake of a prediction.
/// </summary>
public static class FolderOfClips
{
    /// <summary>
    /// The files of a folder by their names within it (<c>kitchen/kettle.wav</c>), in order; hidden ones are none of them.
    /// </summary>
    /// <exception cref="InputException">There is no such folder, or it has no file.</exception>
    public static string[] FilesOf(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new InputException($"{folder}: there is no such folder.");
        }
        string[] files =
        [
            .. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(folder, path).Replace('\\', '/'))
                .Where(name => !name.Split('/').Any(part => part.StartsWith('.')))
                .Order(StringComparer.Ordinal),
        ];
        return files.Length > 0 ? files : throw new InputException($"{folder}: there is no file in this folder.");
    }

    /// <summary>Decodes the files, whatever their rate and channels, and packs them; one that cannot be used is left out.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="packed">Where the packed dataset goes; absent or empty.</param>
    /// <param name="rate">Its rate in Hz.</param>
    /// <param name="classes">Its classes.</param>
    /// <param name="progress">Told of every file.</param>
    /// <param name="cancellationToken">Ends the packing; nothing stays behind.</param>
    /// <exception cref="InputException">There is no such folder, or none of its files is audio.</exception>
    public static async Task<DatasetFacts> PackAsync(
        string folder, string packed, int rate, ClassMap classes, IProgress<ImportProgress>? progress, CancellationToken cancellationToken)
    {
        var files = FilesOf(folder);
        var leftOut = new List<LeftOutClip>();
        using var packer = new DatasetPacker(packed, rate, classes);
        var done = 0;
        // As many at a time as there are cores, so that no more than those are in memory; packed in order.
        foreach (var some in files.Chunk(Environment.ProcessorCount))
        {
            var decoded = await Task.WhenAll(some.Select(name => Task.Run(() =>
            {
                AudioFile.TryDecode(Path.Combine(folder, name), rate, out var clip, out var defect);
                return (Name: name, Clip: clip, Defect: defect);
            }, cancellationToken)));
            foreach (var (name, clip, defect) in decoded)
            {
                if (clip is not null)
                {
                    packer.Append(name, ClipSubset.Test, clip.Samples, []);
                }
                else
                {
                    leftOut.Add(new LeftOutClip(name, ClipSubset.Test, defect!.Kind, defect.Reason));
                }
                progress?.Report(new ImportProgress(++done, files.Length, leftOut.Count));
            }
        }
        return leftOut.Count < files.Length
            ? packer.Complete(leftOut)
            : throw new InputException(
                $"{folder}: none of its {files.Length} files can be used; the first is {leftOut[0].FileName} ({leftOut[0].Reason}).");
    }
}
