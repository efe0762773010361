using System.Globalization;

namespace OrleansTagging.Grains;

/// <summary>The kernel's count of processes that it ended for want of memory.</summary>
internal static class KernelMemory
{
    private const string CountName = "oom_kill";

    /// <summary>
    /// Processes ended so far in this process's control group (version 2, <c>memory.events</c>), or on this machine where the group is not
    /// to be seen; <c>null</c> where there is no such count.
    /// </summary>
    public static long? Kills()
    {
        try
        {
            foreach (var path in new[] { GroupFile(), "/sys/fs/cgroup/memory.events", "/proc/vmstat" })
            {
                if (path is not null && File.Exists(path) && Count(File.ReadAllText(path)) is { } kills)
                {
                    return kills;
                }
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // Without the count a kill for want of memory is told as what it also is: a kill.
        }
        return null;
    }

    /// <summary>The count in a file of names and numbers, a pair a line.</summary>
    public static long? Count(string text)
    {
        foreach (var line in text.Split('\n'))
        {
            if (line.Split(' ') is [CountName, var number]
                && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var kills))
            {
                return kills;
            }
        }
        return null;
    }

    private static string? GroupFile()
    {
        const string Own = "/proc/self/cgroup";
        const string Version2 = "0::/";
        return !File.Exists(Own) ? null
            : Array.Find(File.ReadAllLines(Own), line => line.StartsWith(Version2, StringComparison.Ordinal)) is { } group
                ? Path.Combine("/sys/fs/cgroup", group[Version2.Length..], "memory.events")
                : null;
    }
}
