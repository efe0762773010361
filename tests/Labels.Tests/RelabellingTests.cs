using FsCheck;
using FsCheck.Fluent;

namespace OrleansTagging.Labels.Tests;

public sealed class RelabellingTests
{
    [Theory]
    [InlineData(RelabelStrategy.FullMatch, "relabel_fullmatch_1.4.csv")]
    [InlineData(RelabelStrategy.RelabelAll, "relabel_relabelall_1.4.csv")]
    [InlineData(RelabelStrategy.RelabelAll, "relabel_relabelall-replacenan_1.4.csv")]
    [InlineData(RelabelStrategy.RelabelMerge, "relabel_relabelall-merge_1.4.csv")]
    public void It_equals_the_reference_whatever_the_order_of_the_rows(RelabelStrategy strategy, string file)
    {
        var expected = LabelTable.Read(Golden.Path(file), Golden.Classes).Clips
            .OrderBy(clip => clip.FileName, StringComparer.Ordinal).Select(Sorted).ToArray();
        var labels = LabelTable.Read(Golden.Path("noisy_labels.csv"), Golden.Classes);
        var predictions = PredictionTable.Read(Golden.Path("noisy_predictions.csv"), Golden.Classes);
        Assert.NotEmpty(expected);

        Assert.Equal(expected, Relabelling.Of(labels, predictions, strategy, 1.4).Clips.Select(Sorted));
        for (var seed = 0UL; seed < 5; seed++)
        {
            var shuffled = Relabelling.Of(Shuffled(labels, seed), Shuffled(predictions, seed + 5), strategy, 1.4);
            Assert.Equal(expected, shuffled.Clips.Select(Sorted));
        }
    }

    [Fact]
    public void The_labels_of_a_cell_are_the_given_ones_and_then_the_predicted_ones()
    {
        double[] probabilities = [0.9, 0.1, 0.8, 0.5];
        Assert.Equal([0, 2], Relabelling.Labels(RelabelStrategy.RelabelAll, [3, 2], probabilities, 0.5));
        Assert.Equal([3, 2, 0], Relabelling.Labels(RelabelStrategy.RelabelMerge, [3, 2], probabilities, 0.5));
        Assert.Equal([2, 0], Relabelling.Labels(RelabelStrategy.FullMatch, [2, 0], probabilities, 0.5));
        Assert.Empty(Relabelling.Labels(RelabelStrategy.FullMatch, [2], probabilities, 0.5));
        Assert.Empty(Relabelling.Labels(RelabelStrategy.FullMatch, [2, 1], probabilities, 0.5));
    }

    [Fact]
    public void Clips_left_without_a_label_are_dropped_whatever_the_strategy()
    {
        var map = new ClassMap(["a", "b"]);
        var labels = new LabelTable(map, [new("x", []), new("y", []), new("z", [1])]);
        var predictions = new PredictionTable(["x", "y", "z", "only predicted"], map, [0.9, 0.2, 0.1, 0.1, 0.2, 0.2, 0.9, 0.9]);
        // One label among three clips.
        foreach (var (strategy, expected) in new (RelabelStrategy, LabelledClip[])[]
        {
            (RelabelStrategy.RelabelAll, [new("x", [0])]),
            (RelabelStrategy.RelabelMerge, [new("x", [0]), new("z", [1])]),
            (RelabelStrategy.FullMatch, []),
        })
        {
            var relabelled = Relabelling.Of(labels, predictions, strategy, 1.0 / 3);
            Assert.Equal(expected, relabelled.Clips);
            Assert.Equal(1.0 / 3, relabelled.LabelsPerClip);
        }
    }

    [Fact]
    public void Trusted_clips_say_how_many_labels_a_clip_should_have()
    {
        var map = new ClassMap(["a", "b", "c"]);
        Assert.Equal(1.5, Relabelling.LabelsPerClipOf(new LabelTable(map, [new("x", [0, 2]), new("y", []), new("z", [1])])));
        Assert.Throws<InputException>(() => Relabelling.LabelsPerClipOf(new LabelTable(map, [new("y", [])])));
    }

    [Fact]
    public void Faults_are_named()
    {
        var map = new ClassMap(["a", "b"]);
        var labels = new LabelTable(map, [new("x.wav", [0])]);
        Assert.Contains("'x.wav'", Fault(new PredictionTable([], map, []), 1));
        Assert.Contains("'x.wav'", Fault(new PredictionTable(["x.wav"], map, [0.5, 1.5]), 1));
        Assert.Contains("'b'", Fault(new PredictionTable(["x.wav"], map, [0.5, -0.5]), 1));
        Assert.Contains("2 classes", Fault(new PredictionTable(["x.wav"], map, [0.5, 0.5]), 2.5));
        Assert.Contains("above 0", Fault(new PredictionTable(["x.wav"], map, [0.5, 0.5]), 0));
        Assert.Contains("above 0", Fault(new PredictionTable(["x.wav"], map, [0.5, 0.5]), double.NaN));

        string Fault(PredictionTable predictions, double labelsPerClip) => Assert.Throws<InputException>(
            () => Relabelling.Of(labels, predictions, RelabelStrategy.RelabelAll, labelsPerClip)).Message;
    }

    [Fact]
    public void Classes_in_another_order_give_the_same_labels() =>
        Prop.ForAll(Multilabel.ScoredClips(), Gen.Elements(Enum.GetValues<RelabelStrategy>()).ToArbitrary(), (clips, strategy) =>
        {
            var (labels, predictions) = Tables(clips);
            var mirrored = new ClassMap(labels.Classes.Names.Reverse());
            var last = clips.Classes - 1;
            LabelledClip Mirrored(LabelledClip clip) => clip with { Labels = [.. clip.Labels.Select(label => last - label)] };
            double[] scores = [.. predictions.Scores.ToArray().Chunk(clips.Classes).SelectMany(row => row.Reverse())];
            var other = Relabelling.Of(
                new LabelTable(mirrored, labels.Clips.Select(Mirrored)),
                new PredictionTable(predictions.FileNames, mirrored, scores),
                strategy,
                Math.Min(clips.Classes, 1.4));
            Assert.Equal(
                Relabelling.Of(labels, predictions, strategy, Math.Min(clips.Classes, 1.4)).Clips.Select(Sorted),
                other.Clips.Select(clip => Sorted(Mirrored(clip))));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_merge_holds_both_and_a_full_match_is_where_they_are_the_same() =>
        Prop.ForAll(Multilabel.ScoredClips(), clips =>
        {
            var (labels, predictions) = Tables(clips);
            var mean = Math.Min(clips.Classes, 1.4);
            Dictionary<string, int[]> Of(RelabelStrategy strategy) => Relabelling.Of(labels, predictions, strategy, mean).Clips
                .ToDictionary(clip => clip.FileName, clip => Sorted(clip).Labels);
            var (all, merged, matched) = (Of(RelabelStrategy.RelabelAll), Of(RelabelStrategy.RelabelMerge), Of(RelabelStrategy.FullMatch));
            foreach (var clip in labels.Clips)
            {
                int[] given = [.. clip.Labels.Order()];
                var predicted = all.GetValueOrDefault(clip.FileName, []);
                Assert.Equal(given.Union(predicted).Order(), merged.GetValueOrDefault(clip.FileName, []));
                Assert.Equal(given.Length > 0 && given.SequenceEqual(predicted), matched.ContainsKey(clip.FileName));
            }
        }).QuickCheckThrowOnFailure();

    private static (LabelTable Labels, PredictionTable Predictions) Tables((int[][] Labels, double[] Scores, int Classes) clips)
    {
        var map = new ClassMap(Enumerable.Range(0, clips.Classes).Select(c => $"c{c}"));
        var names = Enumerable.Range(0, clips.Labels.Length).Select(row => $"{row * 7919 % 101}.wav").ToArray();
        return (
            new LabelTable(map, names.Zip(clips.Labels, (name, own) => new LabelledClip(name, own))),
            new PredictionTable(names, map, Array.ConvertAll(clips.Scores, score => (score + 4) / 8)));
    }

    private static LabelledClip Sorted(LabelledClip clip) => clip with { Labels = [.. clip.Labels.Order()] };

    private static LabelTable Shuffled(LabelTable labels, ulong seed)
    {
        var clips = labels.Clips.ToArray();
        SeededRandom.Of(seed).Shuffle<LabelledClip>(clips);
        return new LabelTable(labels.Classes, clips);
    }

    private static PredictionTable Shuffled(PredictionTable predictions, ulong seed)
    {
        var rows = Enumerable.Range(0, predictions.Count).ToArray();
        SeededRandom.Of(seed).Shuffle<int>(rows);
        return new PredictionTable(
            rows.Select(row => predictions.FileNames[row]),
            predictions.Classes,
            [.. rows.SelectMany(row => predictions.Row(row).ToArray())]);
    }
}
