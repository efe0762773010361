using OrleansTagging.Labels;

namespace OrleansTagging.Commands;

/// <summary>A file that a command is asked to read.</summary>
internal static class InputFile
{
    /// <summary>Its text.</summary>
    /// <exception cref="InputException">It is not there, or cannot be read.</exception>
    public static string ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException($"{path}: there is no such file.", fault);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path}: the file cannot be read ({fault.Message}).", fault);
        }
    }
}
