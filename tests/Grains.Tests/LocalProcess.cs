using System.Diagnostics;

namespace OrleansTagging.Grains.Tests;

/// <summary>Processes of this machine by their id.</summary>
internal static class LocalProcess
{
    public static void Kill(int process)
    {
        try
        {
            Process.GetProcessById(process).Kill();
        }
        catch (ArgumentException)
        {
            // It ended by itself.
        }
    }

    public static bool Runs(int process)
    {
        try
        {
            return !Process.GetProcessById(process).HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
