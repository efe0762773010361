using FsCheck;
using FsCheck.Fluent;

namespace OrleansTagging.Labels.Tests;

public sealed class ScoreCardTests
{
    [Fact]
    public void It_has_the_reference_figures_of_every_class()
    {
        var labels = LabelTable.Read(Golden.Path("evaluate_labels.csv"), Golden.Classes);
        var predictions = PredictionTable.Read(Golden.Path("evaluate_predictions.csv"), Golden.Classes);
        var card = ScoreCard.Of(labels, predictions, resamples: 200, seed: 3);

        var expected = Golden.Json("evaluate_expected.json");
        Assert.Equal(expected.GetProperty("lwlrap").GetDouble(), card.Lwlrap, 1e-9);
        Assert.Equal(18, card.Clips);
        foreach (var row in card.Classes)
        {
            Assert.Equal(expected.GetProperty("perClassLwlrap").GetProperty(row.Name).GetDouble(), row.Lwlrap!.Value, 1e-9);
            Assert.Equal(labels.Clips.Count(clip => clip.Labels.Contains(Golden.Classes.IndexOf(row.Name))), row.Clips);
        }
        Assert.Equal(1, card.Classes.Sum(row => row.Weight), 1e-12);
        Assert.InRange(card.Lwlrap, card.Interval!.Low, card.Interval.High);
        Assert.Null(ScoreCard.Of(labels, predictions).Interval);

        // Another order of the rows is no other evaluation.
        var backwards = new LabelTable(labels.Classes, labels.Clips.Reverse());
        Assert.Equal(card.Interval, ScoreCard.Of(backwards, predictions, resamples: 200, seed: 3).Interval);
        Assert.NotEqual(card.Interval, ScoreCard.Of(labels, predictions, resamples: 200, seed: 4).Interval);
    }

    [Fact]
    public void A_class_that_no_clip_has_has_no_lwlrap()
    {
        var map = new ClassMap(["a", "b"]);
        var card = ScoreCard.Of(new LabelTable(map, [new("x", [0])]), new PredictionTable(["x"], map, [2, 1]));
        Assert.Equal([new("a", 1, 1, 1), new("b", null, 0, 0)], card.Classes);
    }

    [Fact]
    public void The_precisions_of_clips_add_up_to_lwlrap() =>
        Prop.ForAll(Multilabel.ScoredClips(), clips => Assert.Equal(
            Lwlrap.Of(clips.Labels, clips.Scores, clips.Classes).Overall,
            ClipPrecisions.Of(clips.Labels, clips.Scores, clips.Classes).Lwlrap,
            1e-12)).QuickCheckThrowOnFailure();

    [Fact]
    public void A_prediction_does_not_differ_from_itself() =>
        Prop.ForAll(Multilabel.ScoredClips(), clips =>
        {
            var own = ClipPrecisions.Of(clips.Labels, clips.Scores, clips.Classes);
            var risen = ClipPrecisions.Of(clips.Labels, Array.ConvertAll(clips.Scores, Math.Exp), clips.Classes);
            var difference = Bootstrap.Difference(own, risen, seed: 1, resamples: 20);
            Assert.Equal(new PairedDifference(0, new BootstrapInterval(0, 0, 0.95, 20), 0.5), difference);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_two_directions_of_a_difference_mirror_each_other() =>
        Prop.ForAll(Multilabel.ScoredClips(), clips =>
        {
            var one = ClipPrecisions.Of(clips.Labels, clips.Scores, clips.Classes);
            var other = ClipPrecisions.Of(clips.Labels, Array.ConvertAll(clips.Scores, score => -score), clips.Classes);
            var there = Bootstrap.Difference(one, other, seed: 1, resamples: 41);
            var back = Bootstrap.Difference(other, one, seed: 1, resamples: 41);
            Assert.Equal(there.Difference, -back.Difference);
            Assert.Equal(there.Interval.Low, -back.Interval.High, 1e-12);
            Assert.Equal(there.ShareAbove, 1 - back.ShareAbove, 1e-12);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Intervals_hold_the_truth_about_as_often_as_they_say()
    {
        // One label a clip, right with probability 0.7, else second: lwlrap of endless clips is 0.85.
        var held = 0;
        const int Samples = 300;
        for (var sample = 0; sample < Samples; sample++)
        {
            var random = SeededRandom.Of(17, (ulong)sample);
            var scores = new double[200 * 2];
            var labels = new int[200][];
            for (var clip = 0; clip < labels.Length; clip++)
            {
                labels[clip] = [0];
                scores[clip * 2] = random.NextDouble() < 0.7 ? 2 : 0;
                scores[clip * 2 + 1] = 1;
            }
            var interval = Bootstrap.Interval(ClipPrecisions.Of(labels, scores, 2), (ulong)sample, 300);
            held += interval.Low <= 0.85 && 0.85 <= interval.High ? 1 : 0;
        }
        Assert.InRange((double)held / Samples, 0.91, 0.985);
    }

    [Fact]
    public void An_interval_is_as_wide_as_the_normal_approximation()
    {
        // Precisions of 1 and 1/2, half of the clips each: a standard error of 0.25 / sqrt(n).
        var labels = Enumerable.Repeat((int[])[0], 2_000).ToArray();
        var scores = Enumerable.Range(0, 2_000).SelectMany(clip => (double[])[clip % 2 * 2, 1]).ToArray();
        var interval = Bootstrap.Interval(ClipPrecisions.Of(labels, scores, 2), seed: 5, resamples: 4_000);
        var error = 0.25 / Math.Sqrt(2_000);
        Assert.Equal(0.75 - 1.96 * error, interval.Low, 0.15 * error);
        Assert.Equal(0.75 + 1.96 * error, interval.High, 0.15 * error);
    }

    [Fact]
    public void A_paired_difference_is_surer_than_two_intervals()
    {
        // Clips differ widely; the second prediction is worse in one clip of ten.
        var labels = Enumerable.Repeat((int[])[0], 500).ToArray();
        double[] Scores(bool second) => [.. Enumerable.Range(0, 500).SelectMany(clip =>
            (double[])[clip % 3 == 0 ? 0 : second && clip % 10 == 1 ? 1 : 5, 2, 3, 4])];
        var (one, other) = (ClipPrecisions.Of(labels, Scores(second: false), 4), ClipPrecisions.Of(labels, Scores(second: true), 4));
        var difference = Bootstrap.Difference(one, other, seed: 2);
        Assert.True(difference.Interval.Low > 0);
        Assert.Equal(1, difference.ShareAbove);
        Assert.True(Bootstrap.Interval(one, seed: 2).Low < Bootstrap.Interval(other, seed: 2).High);
    }

    [Fact]
    public void A_resample_leaves_no_garbage()
    {
        var labels = Enumerable.Repeat((int[])[0], 1_000).ToArray();
        var clips = ClipPrecisions.Of(labels, new double[3_000], 3);
        Bootstrap.Interval(clips, 1, 10);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Bootstrap.Interval(clips, 1, 1_000);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000 * sizeof(double) + 1_000);
    }

    [Fact]
    public void What_cannot_be_resampled_is_refused()
    {
        var clips = ClipPrecisions.Of([[0], [1]], [1, 0, 0, 1], 2);
        Assert.Throws<ArgumentOutOfRangeException>(() => Bootstrap.Interval(clips, 1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Bootstrap.Interval(clips, 1, 10, 1));
        Assert.Throws<ArgumentException>(() => Bootstrap.Difference(clips, ClipPrecisions.Of([[0]], [1, 0], 2), 1));
        Assert.Throws<InputException>(() => ClipPrecisions.Of([[]], [1, 0], 2));
        Assert.Throws<ArgumentException>(() => ClipPrecisions.Of([[0]], [1], 2));
        Assert.Throws<ArgumentException>(() => ClipPrecisions.Of([[0]], [1, double.NaN], 2));
    }

    [Fact]
    public void A_spread_is_that_of_a_sample()
    {
        Assert.Equal(new Spread(4, 2.5, Math.Sqrt(5.0 / 3), 1, 4), Spread.Of([4, 1, 3, 2]));
        Assert.Equal(new Spread(1, 0.7, null, 0.7, 0.7), Spread.Of([0.7]));
        Assert.Equal(Spread.Of([0.1, 0.2, 0.3]), Spread.Of([0.3, 0.1, 0.2]));
        Assert.Throws<ArgumentException>(() => Spread.Of([]));
        Assert.Throws<ArgumentException>(() => Spread.Of([1, double.NaN]));
    }
}
