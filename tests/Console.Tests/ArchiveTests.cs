using System.Formats.Tar;
using System.IO.Compression;
using System.Text;

namespace OrleansTagging.Commands.Tests;

/// <summary>Datasets imported from archives, and archives that are refused.</summary>
public sealed class ArchiveTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Dataset => _folder["dataset"];

    [Fact]
    public async Task An_archive_of_any_kind_gives_the_dataset_of_its_folder()
    {
        await SynthAsync();
        var expected = (await ImportAsync(Dataset, "plain")).Succeeded().Json;
        ZipFile.CreateFromDirectory(Dataset, _folder["top.zip"]);
        ZipFile.CreateFromDirectory(Dataset, _folder["below.bin"], CompressionLevel.Fastest, includeBaseDirectory: true);
        TarFile.CreateFromDirectory(Dataset, _folder["below.tar"], includeBaseDirectory: true);
        await using (var packed = new GZipStream(File.Create(_folder["top.tar.gz"]), CompressionLevel.Fastest))
        {
            await TarFile.CreateFromDirectoryAsync(Dataset, packed, includeBaseDirectory: false, TestContext.Current.CancellationToken);
        }
        foreach (var archive in new[] { "top.zip", "below.bin", "below.tar", "top.tar.gz" })
        {
            var imported = (await ImportAsync(_folder[archive], "packed")).Succeeded().Json;
            foreach (var property in new[] { "version", "audio", "clips", "facts", "truth" })
            {
                Assert.Equal(expected.GetProperty(property).GetString(), imported.GetProperty(property).GetString());
            }
            Assert.Empty(Directory.GetDirectories(Path.Combine(_folder["store"], "scratch")));
        }
    }

    [Theory]
    [InlineData("zip")]
    [InlineData("tar")]
    [InlineData("tar.gz")]
    public async Task An_archive_that_is_cut_short_anywhere_is_refused(string kind)
    {
        await SynthAsync();
        var archive = Pack(kind);
        var whole = await File.ReadAllBytesAsync(archive, TestContext.Current.CancellationToken);
        var chance = new Random(7);
        // A tar's end are blocks of zeros, up to ten kilobytes of them; cut off there, all is there still.
        var most = kind switch
        {
            "tar" => whole.AsSpan().LastIndexOfAnyExcept((byte)0) + 512,
            "tar.gz" => whole.Length - 200,
            _ => whole.Length - 1,
        };
        foreach (var length in Enumerable.Range(0, 5).Select(_ => chance.Next(600, most)).Append(most))
        {
            await File.WriteAllBytesAsync(archive, whole[..length], TestContext.Current.CancellationToken);
            (await ImportAsync(archive, "cut")).Refused(archive, "cut short or damaged");
        }
        if (kind == "tar.gz")
        {
            whole[chance.Next(whole.Length / 4, whole.Length / 2)] ^= 0x10;
            await File.WriteAllBytesAsync(archive, whole, TestContext.Current.CancellationToken);
            (await ImportAsync(archive, "cut")).Refused(archive, "cut short or damaged");
        }
        Assert.Empty(Directory.GetDirectories(Path.Combine(_folder["store"], "scratch")));
    }

    [Theory]
    [InlineData("../train_curated.csv")]
    [InlineData("train_curated/../../evil.wav")]
    [InlineData("/tmp/evil.wav")]
    [InlineData("train_curated\\..\\..\\evil.wav")]
    public async Task An_entry_that_leads_elsewhere_is_refused_and_nothing_is_written_there(string entry)
    {
        await SynthAsync();
        var zip = Pack("zip");
        using (var added = ZipFile.Open(zip, ZipArchiveMode.Update))
        {
            using var content = added.CreateEntry(entry).Open();
            content.Write("evil"u8);
        }
        var tar = Tar(writer => writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, entry) { DataStream = new MemoryStream("evil"u8.ToArray()) }));
        foreach (var archive in new[] { zip, tar })
        {
            (await ImportAsync(archive, "evil")).Refused(archive, $"'{entry}'", "leads out of the archive");
        }
        Assert.Empty(Directory.GetFiles(_folder["store"], "evil.wav", SearchOption.AllDirectories));
        Assert.False(File.Exists("/tmp/evil.wav"));
    }

    [Fact]
    public async Task Links_twins_and_encrypted_or_damaged_entries_are_refused_by_name()
    {
        await SynthAsync();
        foreach (var type in new[] { TarEntryType.SymbolicLink, TarEntryType.HardLink })
        {
            var link = Tar(writer => writer.WriteEntry(new PaxTarEntry(type, "train_curated/link.wav") { LinkName = "/etc/passwd" }));
            (await ImportAsync(link, "bad")).Refused(link, "'train_curated/link.wav'", "is a link");
        }
        var twins = Tar(writer =>
        {
            for (var twin = 0; twin < 2; twin++)
            {
                writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "./train_curated.csv") { DataStream = new MemoryStream("a"u8.ToArray()) });
            }
        });
        (await ImportAsync(twins, "bad")).Refused(twins, "'train_curated.csv'", "is there twice");

        var zip = Pack("zip", CompressionLevel.NoCompression);
        using (var added = ZipFile.Open(zip, ZipArchiveMode.Update))
        {
            using var content = added.CreateEntry("train_noisy.csv").Open();
            content.Write("fname,labels\n"u8);
        }
        (await ImportAsync(zip, "bad")).Refused(zip, "'train_noisy.csv'", "is there twice");

        zip = Pack("zip", CompressionLevel.NoCompression);
        var bytes = await File.ReadAllBytesAsync(zip, TestContext.Current.CancellationToken);
        var csv = bytes.AsSpan().IndexOf("fname,labels\n"u8);
        bytes[csv + 20] ^= 1;
        await File.WriteAllBytesAsync(zip, bytes, TestContext.Current.CancellationToken);
        (await ImportAsync(zip, "bad")).Refused(zip, "csv'", "checksum");
        // The first general-purpose bit of every entry, here and in the directory, says that it is encrypted.
        zip = Pack("zip");
        bytes = await File.ReadAllBytesAsync(zip, TestContext.Current.CancellationToken);
        for (var at = 0; bytes.AsSpan(at).IndexOf("PK\u0001\u0002"u8) is >= 0 and var next; at += next + 1)
        {
            bytes[at + next + 8] |= 1;
        }
        await File.WriteAllBytesAsync(zip, bytes, TestContext.Current.CancellationToken);
        (await ImportAsync(zip, "bad")).Refused(zip, "is encrypted");
    }

    [Fact]
    public async Task What_is_no_dataset_is_refused_and_faults_of_a_dataset_name_archive_and_entry()
    {
        var other = _folder["other"];
        Directory.CreateDirectory(other);
        await File.WriteAllTextAsync(Path.Combine(other, "readme.txt"), "nothing to hear", TestContext.Current.CancellationToken);
        ZipFile.CreateFromDirectory(other, _folder["other.zip"]);
        TarFile.CreateFromDirectory(other, _folder["other.tar"], includeBaseDirectory: true);
        (await ImportAsync(_folder["other.zip"], "other")).Refused(_folder["other.zip"], "no dataset", "train_curated.csv");
        (await ImportAsync(_folder["other.tar"], "other")).Refused(_folder["other.tar"], "no dataset");
        (await ImportAsync(Path.Combine(other, "readme.txt"), "other")).Refused("readme.txt", "neither a folder nor a zip");
        (await ImportAsync(_folder["nowhere.zip"], "other")).Refused("nowhere.zip", "no such folder or archive");

        await SynthAsync();
        var clip = Directory.GetFiles(Path.Combine(Dataset, "train_noisy")).Order(StringComparer.Ordinal).First();
        await File.WriteAllTextAsync(clip, "no sound, only a text about it\n", TestContext.Current.CancellationToken);
        var zip = Pack("zip");
        (await ImportAsync(zip, "strict", "--strict")).Refused(zip, Path.GetFileName(clip), "a text file");
        var left = (await ImportAsync(zip, "left")).Succeeded().Json.GetProperty("leftOut");
        Assert.Equal(Path.GetFileName(clip), left[0].GetProperty("fname").GetString());
        File.Delete(clip);
        zip = Pack("zip");
        (await ImportAsync(zip, "lost")).Refused($"{zip}/train_noisy.csv", Path.GetFileName(clip));
    }

    private async Task SynthAsync() =>
        (await Invocation.OfAsync("dataset", "synth", "--out", Dataset, "--scale", "0.01")).Succeeded();

    private Task<Invocation> ImportAsync(string source, string name, params string[] more) =>
        Invocation.OfAsync(["dataset", "import", source, "--name", name, "--store", _folder["store"], "--json", .. more]);

    private string Pack(string kind, CompressionLevel level = CompressionLevel.Fastest)
    {
        var archive = _folder[$"dataset.{kind}"];
        File.Delete(archive);
        switch (kind)
        {
            case "zip":
                ZipFile.CreateFromDirectory(Dataset, archive, level, includeBaseDirectory: false, Encoding.UTF8);
                break;
            case "tar":
                TarFile.CreateFromDirectory(Dataset, archive, includeBaseDirectory: false);
                break;
            default:
                using (var packed = new GZipStream(File.Create(archive), level))
                {
                    TarFile.CreateFromDirectory(Dataset, packed, includeBaseDirectory: false);
                }
                break;
        }
        return archive;
    }

    private string Tar(Action<TarWriter> write)
    {
        var archive = _folder[$"{Guid.NewGuid():N}.tar"];
        using var file = File.Create(archive);
        using var writer = new TarWriter(file, TarEntryFormat.Pax);
        write(writer);
        return archive;
    }
}
