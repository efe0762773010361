using System.Globalization;
using OrleansTagging.Labels;
using OrleansTagging.Storage;

namespace OrleansTagging.Commands.Datasets;

/// <summary>
/// The folder of an import at work: <c>import-NAME</c> in the store's scratch folder. Whatever ends the import before its dataset is
/// registered leaves it there, and the next import under the name from the same source goes on from it; one from another source begins anew.
/// </summary>
internal sealed class ImportWork : IDisposable
{
    private const string SourceFile = "source.txt";
    private const string AudioFile = "audio.address";

    private readonly string _folder;
    private readonly FileStream _lock;
    private bool _done;

    private ImportWork(string folder, FileStream held) => (_folder, _lock) = (folder, held);

    /// <summary>Where the packed dataset comes to be.</summary>
    public string Packed => Path.Combine(_folder, "packed");

    /// <summary>Where an archive is unpacked.</summary>
    public string Unpacked => Path.Combine(_folder, "unpacked");

    /// <summary>Takes the folder.</summary>
    /// <param name="scratch">The store's scratch folder.</param>
    /// <param name="name">The dataset's name.</param>
    /// <param name="source">What is imported, a folder or an archive.</param>
    /// <exception cref="InputException">Another process imports a dataset under the name.</exception>
    public static ImportWork Open(string scratch, string name, string source)
    {
        Directory.CreateDirectory(scratch);
        // Beside the folder: it outlives it, for deleting a lock that another process has just opened would let two in.
        var path = Path.Combine(scratch, $"import-{name}.lock");
        var held = FileLock.TryTake(path)
            ?? throw new InputException($"Another process imports the dataset '{name}' into this store; wait for its end, or stop it.");
        var work = new ImportWork(Path.Combine(scratch, $"import-{name}"), held);
        try
        {
            work.Begin(source);
            return work;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>The address that the audio was given to the store under; <c>null</c> where it was not yet.</summary>
    public string? AudioAddress
    {
        get => File.Exists(Path.Combine(_folder, AudioFile)) ? File.ReadAllText(Path.Combine(_folder, AudioFile)) : null;
        set => Write(Path.Combine(_folder, AudioFile), value!);
    }

    /// <summary>Nobody is to go on from here: the dataset is registered, or cannot be imported as it is.</summary>
    public void Done() => _done = true;

    /// <summary>Gives the folder up; where the import is done, it is gone.</summary>
    public void Dispose()
    {
        if (_done && Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
        _lock.Dispose();
    }

    private void Begin(string source)
    {
        var known = Path.Combine(_folder, SourceFile);
        var file = new FileInfo(Path.GetFullPath(source));
        // The files of a folder are told by their bytes; an archive that takes minutes to read, by what its file system says of it.
        var identity = file.Exists
            ? string.Create(CultureInfo.InvariantCulture, $"{file.FullName}\n{file.Length}\n{file.LastWriteTimeUtc.Ticks}\n")
            : $"{file.FullName}\n";
        if (File.Exists(known) && File.ReadAllText(known) == identity)
        {
            return;
        }
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
        Directory.CreateDirectory(_folder);
        Write(known, identity);
    }

    private static void Write(string path, string text)
    {
        File.WriteAllText(path + ".partial", text);
        File.Move(path + ".partial", path, overwrite: true);
    }
}
