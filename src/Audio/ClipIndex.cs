using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CsvHelper;
using CsvHelper.Configuration;
using ClassMap = OrleansTagging.Labels.ClassMap;
using InputException = OrleansTagging.Labels.InputException;

namespace OrleansTagging.Audio;

/// <summary>The <c>clips.csv</c> of a packed dataset: <c>fname,subset,offset,samples,labels</c>, a row a clip.</summary>
internal static class ClipIndex
{
    private static readonly string[] _columns = ["fname", "subset", "offset", "samples", "labels"];

    public static byte[] ToBytes(IEnumerable<PackedClip> clips, ClassMap classes)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        using (var csv = new CsvWriter(text, new CsvConfiguration(CultureInfo.InvariantCulture) { NewLine = "\n" }))
        {
            foreach (var column in _columns)
            {
                csv.WriteField(column);
            }
            csv.NextRecord();
            foreach (var clip in clips)
            {
                csv.WriteField(clip.FileName);
                csv.WriteField(Name(clip.Subset));
                csv.WriteField(clip.Offset);
                csv.WriteField(clip.Samples);
                csv.WriteField(string.Join(',', clip.Labels.Select(label => classes.Names[label])));
                csv.NextRecord();
            }
        }
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    public static List<PackedClip> Read(string path, byte[] bytes, ClassMap classes)
    {
        using var csv = new CsvParser(
            new StreamReader(new MemoryStream(bytes), Encoding.UTF8), new CsvConfiguration(CultureInfo.InvariantCulture));
        if (!csv.Read() || !csv.Record.AsSpan().SequenceEqual(_columns))
        {
            throw new InputException($"{path}, line 1: expected the header {string.Join(',', _columns)}");
        }
        var clips = new List<PackedClip>();
        while (csv.Read())
        {
            if (csv.Count != _columns.Length
                || !Enum.TryParse<ClipSubset>(csv[1], ignoreCase: true, out var subset) || Name(subset) != csv[1]
                || !long.TryParse(csv[2], NumberStyles.None, CultureInfo.InvariantCulture, out var offset)
                || !int.TryParse(csv[3], NumberStyles.None, CultureInfo.InvariantCulture, out var samples)
                || samples == 0)
            {
                throw new InputException($"{path}, line {csv.RawRow}: not a row of {string.Join(',', _columns)}");
            }
            int[] labels = csv[4].Length == 0 ? [] : [.. csv[4].Split(',').Select(classes.IndexOf)];
            clips.Add(new PackedClip(clips.Count, csv[0], subset, offset, samples, labels));
        }
        return clips;
    }

    /// <summary>The content hash of a dataset.</summary>
    public static string Version(int rate, IReadOnlyList<string> classes, ReadOnlySpan<byte> clips, string audioSha256)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var head = $"packed dataset {DatasetFacts.CurrentFormat}\n{rate}\n{string.Join(',', classes)}\n{audioSha256}\n";
        hash.AppendData(Encoding.UTF8.GetBytes(head));
        hash.AppendData(clips);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public static string Name(ClipSubset subset) => subset switch
    {
        ClipSubset.Curated => "curated",
        ClipSubset.Noisy => "noisy",
        ClipSubset.Test => "test",
        _ => throw new ArgumentOutOfRangeException(nameof(subset)),
    };
}
