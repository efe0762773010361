namespace OrleansTagging.Commands.Tests;

/// <summary>The reference files beside the tests.</summary>
public static class Golden
{
    /// <summary>The path of one.</summary>
    public static string Path(string name) => System.IO.Path.Combine(AppContext.BaseDirectory, "golden", name);
}
