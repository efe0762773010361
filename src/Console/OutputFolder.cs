using OrleansTagging.Labels;

namespace OrleansTagging.Commands;

/// <summary>A folder that a command is asked to write: whole or not at all.</summary>
internal static class OutputFolder
{
    /// <summary>Writes a folder under a temporary name beside it and renames it.</summary>
    /// <param name="folder">The folder; it may exist only if it is empty.</param>
    /// <param name="write">Writes the temporary folder, whose path it is given.</param>
    /// <exception cref="InputException">It holds something, or may not be written.</exception>
    public static async Task WriteAsync(string folder, Func<string, Task> write)
    {
        if (File.Exists(folder) || (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()))
        {
            throw new InputException($"{folder}: there is something already; name a folder that does not exist.");
        }
        var parent = Path.GetDirectoryName(folder) ?? throw new InputException($"{folder}: name a folder below it.");
        OutputFile.PrepareFolder(parent);
        var partial = Path.Combine(parent, $".{Path.GetFileName(folder)}.{Guid.NewGuid():N}.partial");
        try
        {
            Directory.CreateDirectory(partial);
            await write(partial);
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder);
            }
            Directory.Move(partial, folder);
        }
        catch (UnauthorizedAccessException fault)
        {
            throw new InputException($"{folder}: may not be written ({fault.Message}); choose another place.", fault);
        }
        finally
        {
            if (Directory.Exists(partial))
            {
                Directory.Delete(partial, recursive: true);
            }
        }
    }
}
