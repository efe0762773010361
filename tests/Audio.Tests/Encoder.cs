using System.Runtime.InteropServices;

namespace OrleansTagging.Audio.Tests;

/// <summary>Writes compressed files through libsndfile, whose name the room's own resolver does not settle for this assembly.</summary>
internal static partial class Encoder
{
    public const int Flac16 = 0x170002;
    public const int Flac24 = 0x170003;
    public const int OggVorbis = 0x200060;
    public const int Aiff16 = 0x020002;
    public const int WaveX24 = 0x130003;
    public const int Rf64Float = 0x220006;

    static Encoder() => NativeLibrary.SetDllImportResolver(typeof(Encoder).Assembly, (name, assembly, search) =>
        name != "sndfile-encoder" ? 0
        : NativeLibrary.TryLoad("libsndfile.so.1", assembly, search, out var handle) ? handle : NativeLibrary.Load("sndfile"));

    public static void Write(string path, int format, int rate, int channels, float[] frames)
    {
        var info = new Info { Rate = rate, Channels = channels, Format = format };
        var file = Open(path, 0x20, ref info);
        Assert.True(file != 0, $"libsndfile cannot write {path}");
        Assert.Equal(frames.Length / channels, WriteFrames(file, ref frames[0], frames.Length / channels));
        Assert.Equal(0, Close(file));
    }

    [LibraryImport("sndfile-encoder", EntryPoint = "sf_open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Open(string path, int mode, ref Info info);

    [LibraryImport("sndfile-encoder", EntryPoint = "sf_writef_float")]
    private static partial long WriteFrames(nint file, ref float frames, long count);

    [LibraryImport("sndfile-encoder", EntryPoint = "sf_close")]
    private static partial int Close(nint file);

    [StructLayout(LayoutKind.Sequential)]
    private struct Info
    {
        public long Frames;
        public int Rate;
        public int Channels;
        public int Format;
        public int Sections;
        public int Seekable;
    }
}
