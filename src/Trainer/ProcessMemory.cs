using System.Diagnostics;
using System.Globalization;

namespace OrleansTagging.Trainer;

/// <summary>Memory of this process.</summary>
internal static class ProcessMemory
{
    private const string PeakField = "VmHWM:";

    /// <summary>The largest resident set so far, in bytes.</summary>
    public static long Peak()
    {
        // Process.PeakWorkingSet64 knows no peak on Linux.
        if (OperatingSystem.IsLinux())
        {
            foreach (var line in File.ReadLines("/proc/self/status"))
            {
                if (line.StartsWith(PeakField, StringComparison.Ordinal))
                {
                    var kilobytes = line.AsSpan(PeakField.Length).Trim();
                    return 1024 * long.Parse(kilobytes[..kilobytes.IndexOf(' ')], CultureInfo.InvariantCulture);
                }
            }
        }
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }
}
