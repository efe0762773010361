using System.Diagnostics;

namespace OrleansTagging.Audio.Tests;

/// <summary>The program sox, where it is installed: a second opinion.</summary>
internal static class Sox
{
    /// <summary>What sox makes of a clip; the test is skipped where there is no sox.</summary>
    /// <param name="samples">The clip.</param>
    /// <param name="rate">Its rate in Hz, which the output has too.</param>
    /// <param name="effects">The effects, as on its command line.</param>
    public static float[] Apply(IEnumerable<float> samples, int rate, string effects)
    {
        using var folder = new Folder();
        folder.Write("in.wav", WaveBytes.Of(WaveBytes.Float, 32, rate, 1, [.. samples.Select(sample => (double)sample)]));
        if (!TryRun(folder.Path, "in.wav", "-b 32 -e float out.wav", effects))
        {
            Assert.Skip("sox is not installed");
        }
        return AudioFile.Decode(folder["out.wav"]).Samples;
    }

    /// <summary>Runs it in a folder; false where there is none.</summary>
    public static bool TryRun(string folder, string input, string output, string effects)
    {
        try
        {
            using var sox = Process.Start(new ProcessStartInfo("sox", $"-V1 -D {input} {output} {effects}") { WorkingDirectory = folder })!;
            sox.WaitForExit();
            Assert.Equal(0, sox.ExitCode);
            return true;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
