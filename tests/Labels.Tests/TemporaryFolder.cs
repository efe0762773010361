namespace OrleansTagging.Labels.Tests;

/// <summary>A folder of one test's own, gone at its end.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("labels-tests-");

    public string File(string name) => Path.Combine(_folder.FullName, name);

    public string Text(string name, string content)
    {
        System.IO.File.WriteAllText(File(name), content);
        return File(name);
    }

    public string[] Names() =>
        [.. Directory.GetFiles(_folder.FullName).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    public void Dispose() => _folder.Delete(recursive: true);
}
