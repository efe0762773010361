using FsCheck;
using FsCheck.Fluent;

namespace OrleansTagging.Labels.Tests;

public sealed class AgreementRankingTests
{
    private const long Budget = 256_000_000;
    private const int ClipsAtFullScale = 10_000_000;

    [Fact]
    public void It_is_the_ranking_of_top_agreement_when_rows_stand_in_file_name_order()
    {
        using var folder = new TemporaryFolder();
        Prop.ForAll(Multilabel.ScoredClips(), clips =>
        {
            NpyFile.Write<float>(
                folder.File("scores.npy"), [clips.Labels.Length, clips.Classes], Array.ConvertAll(clips.Scores, score => (float)score));
            var ranking = AgreementRanking.Of(folder.File("scores.npy"), CompactLabels.Of(clips.Labels));

            var map = new ClassMap(Enumerable.Range(0, clips.Classes).Select(c => $"c{c}"));
            var names = Enumerable.Range(0, clips.Labels.Length).Select(row => $"{row:0000}.wav").ToArray();
            var labels = new LabelTable(map, names.Zip(clips.Labels, (name, own) => new LabelledClip(name, own)));
            var labelled = clips.Labels.Count(own => own.Length > 0);
            var expected = TopAgreement.Select(labels, new PredictionTable(names, map, clips.Scores), labelled);

            Assert.Equal(expected.Select(ranked => ranked.Clip.FileName), ranking.Rows.ToArray().Select(row => names[row]));
            Assert.Equal(expected.Select(ranked => ranked.Key), Enumerable.Range(0, labelled).Select(place => ranking[place]));
            Assert.Throws<ArgumentOutOfRangeException>(() => ranking[labelled]);
            Assert.Equal(ranking.Rows[0], ranking.Top(1)[0]);
            Assert.Throws<InputException>(() => ranking.Top(labelled + 1).Length);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Ten_million_clips_stay_within_the_memory_allowed()
    {
        using var folder = new TemporaryFolder();
        const int clips = 1_000_000;
        const int classes = 80;
        var path = folder.File("scores.npy");
        WriteScores(path, clips, classes);
        var packed = Labels(clips, classes);
        // Code is compiled and first windows are mapped before anything is counted.
        WriteScores(folder.File("warm.npy"), 1_000, classes);
        AgreementRanking.Of(folder.File("warm.npy"), Labels(1_000, classes));

        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var ranking = AgreementRanking.Of(path, packed);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;

        // All that the pass ever allocated, counted as if none of it had been freed, and the labels.
        var perClip = (allocated + sizeof(int) * (double)clips + sizeof(ushort) * (double)packed.LabelCount) / clips;
        Assert.InRange(perClip * ClipsAtFullScale, 0, Budget);
        Assert.Equal(clips, ranking.Rows.Length);
        for (var rank = 1; rank < clips; rank++)
        {
            var fall = ranking[rank - 1].CompareTo(ranking[rank]);
            Assert.True(fall > 0 || (fall == 0 && ranking.Rows[rank - 1] < ranking.Rows[rank]));
        }
    }

    [Fact]
    public void Rows_and_labels_must_match()
    {
        using var folder = new TemporaryFolder();
        NpyFile.Write<float>(folder.File("s.npy"), [2, 3], [1, 2, 3, 4, 5, 6]);
        var path = folder.File("s.npy");
        Assert.Contains("s.npy", Assert.Throws<InputException>(() => AgreementRanking.Of(path, CompactLabels.Of([[0]]))).Message);
        Assert.Contains("row 1", Assert.Throws<InputException>(() => AgreementRanking.Of(path, CompactLabels.Of([[0], [3]]))).Message);
        NpyFile.Write<float>(folder.File("flat.npy"), [2], [1, 2]);
        Assert.Throws<InputException>(() => AgreementRanking.Of(folder.File("flat.npy"), CompactLabels.Of([[0], [0]])));
    }

    [Fact]
    public void A_score_that_is_NaN_is_named_by_its_row()
    {
        using var folder = new TemporaryFolder();
        NpyFile.Write<float>(folder.File("s.npy"), [2, 3], [1, 2, 3, 4, float.NaN, 6]);
        var message = Assert.Throws<InputException>(() => AgreementRanking.Of(folder.File("s.npy"), CompactLabels.Of([[0], [0]]))).Message;
        Assert.Contains("s.npy: row 1", message);
    }

    [Fact]
    public void A_cancelled_pass_ends()
    {
        using var folder = new TemporaryFolder();
        NpyFile.Write<float>(folder.File("s.npy"), [1, 2], [1, 2]);
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(
            () => AgreementRanking.Of(folder.File("s.npy"), CompactLabels.Of([[0]]), cancelled.Token));
    }

    [Fact]
    public void Compact_labels_hold_what_was_packed()
    {
        var clips = Enumerable.Range(0, 300_000)
            .Select(clip => Enumerable.Range(0, clip % 4).Select(label => (clip + label) % 80).ToArray())
            .ToArray();
        var packed = CompactLabels.Of(clips);
        Assert.Equal(clips.Length, packed.Clips);
        Assert.Equal(clips.Sum(own => own.Length), packed.LabelCount);
        for (var clip = 0; clip < clips.Length; clip++)
        {
            Assert.True(packed[clip].SequenceEqual(Array.ConvertAll(clips[clip], label => (ushort)label)));
        }
        Assert.Throws<ArgumentException>(() => new CompactLabels([0, 2, 1], [5]));
        Assert.Throws<ArgumentException>(() => new CompactLabels([0, 2], [5]));
        Assert.Equal(0, CompactLabels.Of([]).Clips);
        Assert.Throws<ArgumentOutOfRangeException>(() => packed[clips.Length].Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => packed[-1].Length);
    }

    [Fact]
    public void A_label_file_is_packed_row_by_row_and_must_be_sorted()
    {
        using var folder = new TemporaryFolder();
        var map = new ClassMap(["Bark", "Gong"]);
        var packed = CompactLabels.Read(folder.Text("l.csv", "fname,labels\na.wav,\"Gong,Bark\"\nb.wav,\nc.wav,Gong"), map);
        Assert.Equal(3, packed.Clips);
        Assert.Equal(3, packed.LabelCount);
        Assert.Equal([1, 0], packed[0].ToArray());
        Assert.True(packed[1].IsEmpty);
        Assert.Equal([1], packed[2].ToArray());

        Assert.Contains("l.csv, line 3: the clip 'a.wav' is given twice", Fault("a.wav,Gong\na.wav,Bark\n"));
        Assert.Contains("l.csv, line 3: the clip 'a.wav' stands after 'b.wav'", Fault("b.wav,Gong\na.wav,Bark\n"));

        string Fault(string rows) =>
            Assert.Throws<InputException>(() => CompactLabels.Read(folder.Text("l.csv", "fname,labels\n" + rows), map)).Message;
    }

    private static CompactLabels Labels(int clips, int classes)
    {
        var starts = new int[clips + 1];
        for (var clip = 0; clip < clips; clip++)
        {
            // Every fifth clip has two labels.
            starts[clip + 1] = starts[clip] + (clip % 5 == 0 ? 2 : 1);
        }
        var labels = new ushort[starts[^1]];
        for (var clip = 0; clip < clips; clip++)
        {
            for (var at = starts[clip]; at < starts[clip + 1]; at++)
            {
                labels[at] = (ushort)((clip * 31 + (at - starts[clip]) * 7) % classes);
            }
        }
        return new CompactLabels(starts, labels);
    }

    private static void WriteScores(string path, int clips, int classes)
    {
        var random = SeededRandom.Of(8);
        using var writer = new NpyWriter<float>(path, classes);
        var rows = new float[1_000 * classes];
        for (var clip = 0; clip < clips; clip += 1_000)
        {
            for (var at = 0; at < rows.Length; at += 4)
            {
                // Four scores a draw.
                var bits = random.NextUInt64();
                rows[at] = (ushort)bits;
                rows[at + 1] = (ushort)(bits >> 16);
                rows[at + 2] = (ushort)(bits >> 32);
                rows[at + 3] = (ushort)(bits >> 48);
            }
            writer.Append(rows);
        }
        writer.Complete();
    }
}
