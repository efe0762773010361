using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using OrleansTagging.Audio.Effects;

namespace OrleansTagging.Benchmarks;

/// <summary>A child process sox for each clip, which gets it through a pipe and gives it back through another, as the reference
/// does.</summary>
internal static class SoxPeer
{
    /// <summary>The installed version, or <c>null</c> where there is none.</summary>
    public static string? Version()
    {
        try
        {
            using var sox = Process.Start(new ProcessStartInfo("sox", "--version") { RedirectStandardOutput = true })!;
            return sox.StandardOutput.ReadToEnd().Trim();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    /// <summary>The clip with the effects.</summary>
    public static float[] Apply(ReadOnlySpan<float> clip, int rate, in ClipEffects effects)
    {
        var raw = $"-t f32 -r {rate} -c 1 -";
        var arguments = string.Create(CultureInfo.InvariantCulture,
            $"-N -V1 {raw} {raw} reverb {effects.Reverberance} 50 {effects.RoomScale} 0 20 0 pitch {effects.Cents} tempo {effects.Tempo} "
            + $"speed {effects.Speed} overdrive {effects.Overdrive}");
        var start = new ProcessStartInfo("sox", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        using var sox = Process.Start(start)!;
        var output = new MemoryStream();
        var reading = sox.StandardOutput.BaseStream.CopyToAsync(output);
        sox.StandardInput.BaseStream.Write(MemoryMarshal.AsBytes(clip));
        sox.StandardInput.Close();
        reading.GetAwaiter().GetResult();
        sox.WaitForExit();
        if (sox.ExitCode != 0)
        {
            throw new InvalidOperationException($"sox {arguments} ended with {sox.ExitCode}.");
        }
        return MemoryMarshal.Cast<byte, float>(output.GetBuffer().AsSpan(0, (int)output.Length)).ToArray();
    }
}
