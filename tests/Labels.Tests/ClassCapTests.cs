using FsCheck;
using FsCheck.Fluent;

namespace OrleansTagging.Labels.Tests;

public sealed class ClassCapTests
{
    [Theory]
    [InlineData(0.07, 100, 7)]
    [InlineData(0.1, 30, 3)]
    [InlineData(0.1, 31, 4)]
    [InlineData(0.001, 5, 1)]
    [InlineData(1, 5, 5)]
    public void The_limit_is_the_share_rounded_up(double share, int wanted, int limit) =>
        Assert.Equal(limit, new ClassCap(3, share, wanted).Limit);

    [Fact]
    public void A_clip_is_taken_only_where_none_of_its_classes_is_full()
    {
        var cap = new ClassCap(3, 0.5, 3);
        Assert.Equal(2, cap.Limit);
        Assert.True(cap.TryTake([0]));
        Assert.True(cap.TryTake([0, 1]));
        Assert.False(cap.TryTake([0]));
        // Passed over whole: class 2 has room, but class 0 has none.
        Assert.False(cap.TryTake([2, 0]));
        Assert.True(cap.TryTake([1, 2]));
        Assert.True(cap.IsComplete);
        Assert.False(cap.TryTake([2]));
        Assert.Equal(3, cap.Taken);
    }

    [Fact]
    public void Ranks_are_those_among_all_clips_and_fewer_are_found_where_the_others_run_out()
    {
        var map = new ClassMap(["a", "b"]);
        var labels = new LabelTable(map, [new("v", [0]), new("w", [0]), new("x", [0]), new("y", [1]), new("z", [0])]);
        var predictions = new PredictionTable(["v", "w", "x", "y", "z"], map, [0.9, 0, 0.8, 0, 0.7, 0, 0, 0.6, 0.5, 0]);
        var selection = TopAgreement.Select(labels, predictions, 4, classCap: 0.5);
        Assert.Equal([("v", 1), ("w", 2), ("y", 4)], selection.Select(ranked => (ranked.Clip.FileName, ranked.Rank)));
    }

    [Fact]
    public void What_is_no_share_is_refused()
    {
        Assert.Throws<InputException>(() => new ClassCap(3, 0, 1));
        Assert.Throws<InputException>(() => new ClassCap(3, 1.01, 1));
        Assert.Throws<InputException>(() => new ClassCap(3, double.NaN, 1));
        Assert.Throws<InputException>(() => new ClassCap(3, 0.5, 0));
        Assert.Throws<ArgumentException>(() => new ClassCap(3, 0.5, 1).TryTake([3]));
    }

    [Fact]
    public void No_class_has_more_than_its_share_and_nothing_that_fits_is_passed_over() =>
        Prop.ForAll(Multilabel.ScoredClips(), Gen.Choose(1, 10).ToArbitrary(), (clips, tenths) =>
        {
            var (labels, predictions) = Tables(clips);
            var labelled = clips.Labels.Count(own => own.Length > 0);
            var top = (labelled + 1) / 2;
            var selection = TopAgreement.Select(labels, predictions, top, tenths / 10.0);
            var limit = (int)Math.Ceiling(tenths * top / 10m);
            var counts = new int[clips.Classes];
            var expected = new List<RankedClip>();
            foreach (var ranked in TopAgreement.Select(labels, predictions, labelled))
            {
                if (expected.Count < top && ranked.Clip.Labels.All(label => counts[label] < limit))
                {
                    expected.Add(ranked);
                    Array.ForEach(ranked.Clip.Labels, label => counts[label]++);
                }
            }
            Assert.Equal(expected, selection);
            Assert.All(counts, count => Assert.InRange(count, 0, limit));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_selection_does_not_depend_on_the_order_of_the_clips_or_classes() =>
        Prop.ForAll(Multilabel.ScoredClips(), Gen.Choose(1, 10).ToArbitrary(), (clips, tenths) =>
        {
            var (labels, predictions) = Tables(clips);
            var last = clips.Classes - 1;
            var mirror = new ClassMap(labels.Classes.Names.Reverse());
            var mirrored = new LabelTable(mirror, labels.Clips.Reverse()
                .Select(clip => clip with { Labels = [.. clip.Labels.Select(label => last - label)] }));
            var reversed = new PredictionTable(predictions.FileNames.Reverse(), mirror, [.. predictions.Scores.ToArray().Reverse()]);
            var top = (clips.Labels.Count(own => own.Length > 0) + 1) / 2;
            var selections = Array.ConvertAll(
                [(labels, predictions), (mirrored, reversed)],
                ((LabelTable Labels, PredictionTable Predictions) pair) => TopAgreement
                    .Select(pair.Labels, pair.Predictions, top, tenths / 10.0)
                    .Select(ranked => (ranked.Clip.FileName, ranked.Rank, ranked.Key)));
            Assert.Equal(selections[0], selections[1]);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Clips_in_a_mapped_file_are_capped_alike() =>
        Prop.ForAll(Multilabel.ScoredClips(), Gen.Choose(1, 10).ToArbitrary(), (clips, tenths) =>
        {
            using var folder = new TemporaryFolder();
            NpyFile.Write<float>(
                folder.File("s.npy"), [clips.Labels.Length, clips.Classes], Array.ConvertAll(clips.Scores, score => (float)score));
            var packed = CompactLabels.Of(clips.Labels);
            var (labels, predictions) = Tables(clips);
            var top = (clips.Labels.Count(own => own.Length > 0) + 1) / 2;
            Assert.Equal(
                TopAgreement.Select(labels, predictions, top, tenths / 10.0).Select(ranked => ranked.Clip.FileName),
                AgreementRanking.Of(folder.File("s.npy"), packed).Top(top, packed, clips.Classes, tenths / 10.0)
                    .Select(row => labels.Clips[row].FileName));
        }).QuickCheckThrowOnFailure();

    private static (LabelTable Labels, PredictionTable Predictions) Tables((int[][] Labels, double[] Scores, int Classes) clips)
    {
        var map = new ClassMap(Enumerable.Range(0, clips.Classes).Select(c => $"c{c}"));
        var names = Enumerable.Range(0, clips.Labels.Length).Select(row => $"{row:0000}.wav").ToArray();
        return (
            new LabelTable(map, names.Zip(clips.Labels, (name, own) => new LabelledClip(name, own))),
            new PredictionTable(names, map, clips.Scores));
    }

    [Fact]
    public void What_is_taken_in_any_case_counts_and_may_exceed_the_limit()
    {
        var cap = new ClassCap(2, 0.5, 2);
        cap.Take([0]);
        cap.Take([0]);
        cap.Take([0]);

        Assert.Equal((1, 3), (cap.Limit, cap.Taken));
        Assert.True(cap.IsComplete);
        Assert.False(cap.TryTake([1]));
        Assert.Throws<ArgumentException>(() => cap.Take([2]));
    }
}
