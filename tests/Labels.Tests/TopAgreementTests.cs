using FsCheck;
using FsCheck.Fluent;

namespace OrleansTagging.Labels.Tests;

public sealed class TopAgreementTests
{
    [Fact]
    public void The_reference_selection_has_the_same_agreements()
    {
        var labels = LabelTable.Read(Golden.Path("noisy_labels.csv"), Golden.Classes);
        var predictions = PredictionTable.Read(Golden.Path("noisy_predictions.csv"), Golden.Classes);
        var reference = LabelTable.Read(Golden.Path("relabel_scoring_50.csv"), Golden.Classes);
        Assert.Equal(50, reference.Clips.Count);

        var selection = TopAgreement.Select(labels, predictions, 50);
        var expected = reference.Clips.Select(clip =>
        {
            Assert.True(predictions.TryGetRow(clip.FileName, out var row));
            Assert.True(labels.TryGetClip(clip.FileName, out var given));
            Assert.Equal(given.Labels.Order(), clip.Labels.Order());
            return Agreement.Of(predictions.Row(row), clip.Labels);
        });
        Assert.Equal(expected.OrderDescending(), selection.Select(ranked => ranked.Agreement));
        Assert.Equal(Enumerable.Range(1, 50), selection.Select(ranked => ranked.Rank));
    }

    [Fact]
    public void Ties_go_by_margin_and_then_by_file_name()
    {
        var map = new ClassMap(["a", "b", "c"]);
        var labels = new LabelTable(map, [new("x.wav", [0]), new("w.wav", [0]), new("v.wav", [2, 1]), new("y.wav", [1])]);
        var predictions = new PredictionTable(
            ["v.wav", "w.wav", "x.wav", "y.wav"], map, [0.125, 0.5, 0.375, 0.75, 0.5, 0, 0.875, 0.125, 0, 0.125, 0.375, 0]);
        var selection = TopAgreement.Select(labels, predictions, 4);
        Assert.All(selection, ranked => Assert.Equal(1, ranked.Agreement));
        Assert.Equal([0.75, 0.25, 0.25, 0.25], selection.Select(ranked => ranked.Margin));
        Assert.Equal(["x.wav", "v.wav", "w.wav", "y.wav"], selection.Select(ranked => ranked.Clip.FileName));
    }

    [Fact]
    public void Ties_go_by_file_name_ordinally()
    {
        var map = new ClassMap(["a", "b"]);
        var labels = new LabelTable(map, [new("b.wav", [0]), new("a.wav", [0]), new("Z.wav", [0]), new("c.wav", [1])]);
        var predictions = new PredictionTable(["a.wav", "b.wav", "c.wav", "Z.wav"], map, [1, 0, 1, 0, 0, 1, 0, 1]);
        var selection = TopAgreement.Select(labels, predictions, 4);
        Assert.Equal(["a.wav", "b.wav", "c.wav", "Z.wav"], selection.Select(ranked => ranked.Clip.FileName));
        Assert.Equal([1, 1, 1, 0.5], selection.Select(ranked => ranked.Agreement));
    }

    [Fact]
    public void A_selection_is_the_head_of_the_whole_ranking_sorted_plainly() =>
        Prop.ForAll(Multilabel.ScoredClips(), clips =>
        {
            var named = clips.Labels.Select((own, clip) => new LabelledClip($"{clip * 7919 % 101}.wav", own)).ToArray();
            var keys = named
                .Select((clip, at) => AgreementKey.Of(clips.Scores.AsSpan(at * clips.Classes, clips.Classes), clip.Labels))
                .ToArray();
            var expected = named.Zip(keys)
                .OrderByDescending(pair => pair.Second.Agreement)
                .ThenByDescending(pair => pair.Second.Margin)
                .ThenBy(pair => pair.First.FileName, StringComparer.Ordinal)
                .Select((pair, place) => new RankedClip(pair.First, place + 1, pair.Second))
                .ToArray();
            for (var top = 1; top <= named.Length; top += 3)
            {
                Assert.Equal(expected[..top], TopAgreement.Select(named, keys, top));
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Clips_without_labels_are_never_selected_and_asking_for_them_is_refused()
    {
        var map = new ClassMap(["a", "b"]);
        var labels = new LabelTable(map, [new("x.wav", []), new("y.wav", [1])]);
        var predictions = new PredictionTable(["y.wav"], map, [1, 0]);
        Assert.Equal("y.wav", Assert.Single(TopAgreement.Select(labels, predictions, 1)).Clip.FileName);
        Assert.Contains("top 2", Assert.Throws<InputException>(() => TopAgreement.Select(labels, predictions, 2)).Message);
        Assert.Throws<InputException>(() => TopAgreement.Select(labels, predictions, 0));
    }

    [Fact]
    public void A_clip_that_is_not_predicted_is_named()
    {
        var map = new ClassMap(["a", "b"]);
        var labels = new LabelTable(map, [new("x.wav", [0])]);
        Assert.Contains("'x.wav'",
            Assert.Throws<InputException>(() => TopAgreement.Select(labels, new PredictionTable([], map, []), 1)).Message);
    }

    [Fact]
    public void A_written_selection_reads_as_a_label_file()
    {
        using var folder = new TemporaryFolder();
        var map = new ClassMap(["a", "b"]);
        TopAgreement.Write(folder.File("s.csv"), map,
            [new(new("x.wav", [1, 0]), 1, new(1, 0.5)), new(new("y.wav", [1]), 2, new(1.0 / 3, -1.0 / 3))]);
        Assert.Equal(
            "fname,labels,agreement,margin,rank\nx.wav,\"b,a\",1,0.5,1\ny.wav,b,0.3333333333333333,-0.3333333333333333,2\n",
            File.ReadAllText(folder.File("s.csv")));
        Assert.Equal([new("x.wav", [1, 0]), new("y.wav", [1])], LabelTable.Read(folder.File("s.csv"), map).Clips);
    }
}
