using System.CommandLine;
using System.Globalization;
using OrleansTagging.Commands.Options;
using Serilog;
using Serilog.Events;

namespace OrleansTagging.Commands;

/// <summary>The log files of a store: <c>logs/tagging-&lt;day&gt;.log</c>, a week of them.</summary>
internal static class FaultLog
{
    /// <summary>A logger that writes below a store's folder.</summary>
    public static Serilog.Core.Logger Open(string folder) => new LoggerConfiguration()
        .MinimumLevel.Information()
        .MinimumLevel.Override("Orleans", LogEventLevel.Warning)
        .WriteTo.File(
            Path.Combine(folder, "logs", "tagging-.log"),
            rollingInterval: RollingInterval.Day,
            retainedFileCountLimit: 7,
            shared: true,
            formatProvider: CultureInfo.InvariantCulture)
        .CreateLogger();

    /// <summary>Logs a fault with its stack.</summary>
    /// <returns>The folder of the log.</returns>
    public static string Write(ParseResult line, string[] args, Exception fault)
    {
        var folder = Folder(line);
        using var log = Open(folder);
        log.Fatal(fault, "tagging {Arguments}", args);
        return Path.Combine(folder, "logs");
    }

    // A command that touches no store must not leave one behind because it failed.
    private static string Folder(ParseResult line)
    {
        var store = StoreOption.Location(line);
        return Directory.Exists(store) ? Path.GetFullPath(store) : Path.Combine(Path.GetTempPath(), "tagging");
    }
}
