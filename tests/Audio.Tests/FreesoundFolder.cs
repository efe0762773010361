using System.Text;

namespace OrleansTagging.Audio.Tests;

/// <summary>A small folder in FSDKaggle2019's layout: three curated, three noisy and two test clips of two classes.</summary>
internal sealed class FreesoundFolder : IDisposable
{
    public const int Rate = 8_000;

    private readonly Folder _folder = new();

    public FreesoundFolder()
    {
        Csv("train_curated.csv", "fname,labels", "c.wav,Bark", "a.wav,\"Bell,Bark\"", "b.wav,Bell");
        Csv("train_noisy.csv", "fname,labels", "n2.wav,Bell", "n1.wav,Bark", "n3.wav,Bark");
        Csv("sample_submission.csv", "fname,Bark,Bell", "t2.wav,0,0", "t1.wav,0,0");
        foreach (var (place, name) in new[]
        {
            ("train_curated/a.wav", 1), ("train_curated/b.wav", 2), ("train_curated/c.wav", 3), ("train_noisy/n1.wav", 4),
            ("train_noisy/n2.wav", 5), ("train_noisy/n3.wav", 6), ("test/t1.wav", 7), ("test/t2.wav", 8),
        })
        {
            Put(place, Wave(name));
        }
    }

    public string Path => _folder["in"];

    public string Target => _folder["out"];

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public static byte[] Wave(int seed, int rate = Rate) =>
        WaveBytes.Mono16(rate, WaveBytes.Tone(100 * seed, rate, rate / 4 + seed));

    public void Put(string name, ReadOnlySpan<byte> bytes) => _folder.Write("in/" + name, bytes);

    public void Csv(string name, params string[] lines) => Put(name, Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n"));

    public Task<ImportReport> ImportAsync(ImportOptions? options = null, string? target = null, CancellationToken cancellation = default) =>
        new DatasetImporter(options ?? new ImportOptions { Threads = 2 }).ImportAsync(Path, target ?? Target, cancellation);

    public string Other(string name) => _folder[name];

    public void Dispose() => _folder.Dispose();
}
