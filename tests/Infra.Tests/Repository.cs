using System.Diagnostics;

namespace OrleansTagging.Infra.Tests;

/// <summary>The files of this repository.</summary>
internal static class Repository
{
    /// <summary>Its root: the folder above the build's output that holds the solution.</summary>
    public static string Root { get; } = Above(new DirectoryInfo(AppContext.BaseDirectory));

    public static string Path(string relative) => System.IO.Path.Combine(Root, relative);

    public static string Read(string relative) => File.ReadAllText(Path(relative));

    /// <summary>Runs a program there; <c>null</c> where it is not installed.</summary>
    public static async Task<(int Code, string Out, string Error)?> RunAsync(
        string program, IReadOnlyDictionary<string, string>? environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }
        try
        {
            using var process = Process.Start(start)!;
            var error = process.StandardError.ReadToEndAsync();
            var output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            return (process.ExitCode, output, await error);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private static string Above(DirectoryInfo? folder) =>
        folder is null ? throw new InvalidOperationException("The tests run outside of their repository.")
        : File.Exists(System.IO.Path.Combine(folder.FullName, "OrleansTagging.sln")) ? folder.FullName
        : Above(folder.Parent);
}
