using System.ComponentModel;
using System.Diagnostics;

namespace OrleansTagging.Grains;

/// <summary>Finds the CUDA devices of this host by asking <c>nvidia-smi -L</c>; the silo itself loads no CUDA library.</summary>
internal static class CudaDiscovery
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Numbers of the devices; none where <c>nvidia-smi</c> is missing, fails or does not answer.</summary>
    public static int[] Devices()
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("nvidia-smi")
            {
                ArgumentList = { "-L" },
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var output = process.StandardOutput.ReadToEndAsync();
            if (!process.WaitForExit(Patience))
            {
                process.Kill();
                return [];
            }
            if (process.ExitCode != 0)
            {
                return [];
            }
            var count = output.GetAwaiter().GetResult().Split('\n').Count(line => line.StartsWith("GPU ", StringComparison.Ordinal));
            return [.. Enumerable.Range(0, count)];
        }
        catch (Win32Exception)
        {
            return [];
        }
    }
}
