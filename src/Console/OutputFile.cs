using OrleansTagging.Labels;

namespace OrleansTagging.Commands;

/// <summary>A file that a command is asked to write: whole or not at all.</summary>
internal static class OutputFile
{
    /// <summary>Makes the folder of a file where it is missing.</summary>
    /// <exception cref="InputException">The path is a folder, or its folder cannot be made.</exception>
    public static void Prepare(string path)
    {
        if (Directory.Exists(path) || Path.EndsInDirectorySeparator(path))
        {
            throw new InputException($"{path}: this is a folder; name a file to write.");
        }
        PrepareFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Makes a folder where it is missing.</summary>
    /// <exception cref="InputException">It cannot be made or written.</exception>
    public static void PrepareFolder(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{folder}: the folder cannot be made ({fault.Message}); choose another place.", fault);
        }
    }

    /// <summary>Writes a file under a temporary name beside it and renames it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes the temporary file, whose path it is given.</param>
    /// <exception cref="InputException">The file may not be written.</exception>
    public static async Task WriteAsync(string path, Func<string, Task> write)
    {
        var partial = $"{path}.{Guid.NewGuid():N}.partial";
        try
        {
            await write(partial);
            File.Move(partial, path, overwrite: true);
        }
        catch (UnauthorizedAccessException fault)
        {
            throw new InputException($"{path}: may not be written ({fault.Message}); choose another place.", fault);
        }
        finally
        {
            File.Delete(partial);
        }
    }
}
