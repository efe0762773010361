using FsCheck;
using FsCheck.Fluent;

namespace OrleansTagging.Labels.Tests;

public sealed class LwlrapTests
{
    [Fact]
    public void It_equals_the_reference_on_arrays()
    {
        var golden = Golden.Json("metrics_and_losses.json");
        // The reference's figures are over rows 3 and up.
        var truth = golden.GetProperty("truth").EnumerateArray().Skip(3).Select(row => row.Numbers()).ToArray();
        var labels = truth.Select(row => Enumerable.Range(0, row.Length).Where(c => row[c] == 1).ToArray()).ToArray();
        var scores = golden.GetProperty("scores").EnumerateArray().Skip(3).SelectMany(row => row.Numbers()).ToArray();

        var lwlrap = Lwlrap.Of(labels, scores, 12);
        Assert.Equal(golden.GetProperty("lwlrap").GetDouble(), lwlrap.Overall, 1e-9);
        AssertClose(golden.GetProperty("perClassLwlrap").Numbers(), lwlrap.PerClass);
        AssertClose(golden.GetProperty("perClassWeight").Numbers(), lwlrap.Weights);

        var inSingle = Lwlrap.Of(labels, Array.ConvertAll(scores, score => (float)score), 12);
        Assert.Equal(lwlrap.Overall, inSingle.Overall, 1e-9);
    }

    [Fact]
    public void It_equals_the_reference_on_files_in_different_row_order()
    {
        var labels = LabelTable.Read(Golden.Path("evaluate_labels.csv"), Golden.Classes);
        var lwlrap = Lwlrap.Of(labels, PredictionTable.Read(Golden.Path("evaluate_predictions.csv"), Golden.Classes));

        var expected = Golden.Json("evaluate_expected.json");
        Assert.Equal(expected.GetProperty("lwlrap").GetDouble(), lwlrap.Overall, 1e-9);
        var perClass = expected.GetProperty("perClassLwlrap").EnumerateObject().Select(value => value.Value.GetDouble());
        AssertClose([.. perClass], lwlrap.PerClass);
        Assert.Equal(3, labels.Clips.Count - lwlrap.Clips);
    }

    [Fact]
    public void A_clip_without_labels_does_not_count()
    {
        double[] scores = [0.9, 0.1, 0.5, 0.2, 0.8, 0.3];
        var with = Lwlrap.Of([[0], [], [2]], [.. scores, 0.4, 0.6, 0.1], 3);
        var without = Lwlrap.Of([[0], [2]], [0.9, 0.1, 0.5, 0.4, 0.6, 0.1], 3);
        Assert.Equal(without.Overall, with.Overall);
        Assert.Equal(without.PerClass, with.PerClass);
        Assert.Equal(2, with.Clips);
    }

    [Fact]
    public void A_class_without_labels_has_no_weight()
    {
        var lwlrap = Lwlrap.Of([[0], [0, 2]], [3.0, 2, 1, 3, 2, 1], 3);
        Assert.Equal(0, lwlrap.Weights[1]);
        Assert.Equal(0, lwlrap.PerClass[1]);
        Assert.Equal([2, 0, 1], lwlrap.LabelCounts);
        Assert.Equal((1 + 1 + 2.0 / 3) / 3, lwlrap.Overall, 1e-12);
    }

    [Fact]
    public void Ties_count_against_the_label()
    {
        Assert.Equal(0.5, Lwlrap.Of([[0]], [1.0, 1.0, 0.0], 3).Overall);
        Assert.Equal(1.0, Lwlrap.Of([[0, 1]], [1.0, 1.0, 0.0], 3).Overall);
    }

    [Fact]
    public void Any_strictly_rising_transform_of_the_scores_leaves_it_as_it_is() =>
        Prop.ForAll(Multilabel.ScoredClips(), clips =>
        {
            var before = Lwlrap.Of(clips.Labels, clips.Scores, clips.Classes);
            var after = Lwlrap.Of(clips.Labels, Array.ConvertAll(clips.Scores, score => Math.Exp(score) - 7), clips.Classes);
            Assert.Equal(before.Overall, after.Overall);
            Assert.Equal(before.PerClass, after.PerClass);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Overall_is_the_weighted_sum_of_the_classes_and_lies_between_0_and_1() =>
        Prop.ForAll(Multilabel.ScoredClips(), clips =>
        {
            var lwlrap = Lwlrap.Of(clips.Labels, clips.Scores, clips.Classes);
            Assert.Equal(lwlrap.Overall, lwlrap.PerClass.Zip(lwlrap.Weights, (value, weight) => value * weight).Sum(), 1e-12);
            Assert.Equal(1, lwlrap.Weights.Sum(), 1e-12);
            Assert.InRange(lwlrap.Overall, double.Epsilon, 1 + 1e-12);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void It_is_the_label_weighted_mean_of_the_clips_agreements() =>
        Prop.ForAll(Multilabel.ScoredClips(), clips =>
        {
            var sum = 0.0;
            for (var clip = 0; clip < clips.Labels.Length; clip++)
            {
                var scores = clips.Scores.AsSpan(clip * clips.Classes, clips.Classes);
                sum += clips.Labels[clip].Length * Agreement.Of(scores, clips.Labels[clip]);
            }
            Assert.Equal(sum / clips.Labels.Sum(own => own.Length), Lwlrap.Of(clips.Labels, clips.Scores, clips.Classes).Overall, 1e-12);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_order_of_the_clips_does_not_matter() =>
        Prop.ForAll(Multilabel.ScoredClips(), clips =>
        {
            var reversed = clips.Scores.Chunk(clips.Classes).Reverse().SelectMany(row => row).ToArray();
            Assert.Equal(
                Lwlrap.Of(clips.Labels, clips.Scores, clips.Classes).Overall,
                Lwlrap.Of([.. clips.Labels.Reverse()], reversed, clips.Classes).Overall,
                1e-12);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Faults_are_named()
    {
        Assert.Throws<InputException>(() => Lwlrap.Of([[], []], new double[6], 3));
        Assert.Throws<ArgumentException>(() => Lwlrap.Of([[0]], new double[6], 3));
        Assert.Throws<ArgumentException>(() => Lwlrap.Of([[3]], new double[3], 3));
        Assert.Throws<ArgumentException>(() => Lwlrap.Of([[0]], [1, double.NaN, 0], 3));

        var map = new ClassMap(["a", "b"]);
        var labels = new LabelTable(map, [new("x.wav", [0]), new("y.wav", [1])]);
        Assert.Contains("'y.wav'",
            Assert.Throws<InputException>(() => Lwlrap.Of(labels, new PredictionTable(["x.wav"], map, [1, 2]))).Message);
        var others = new PredictionTable(["x.wav"], new ClassMap(["a", "b", "c"]), [1, 2, 3]);
        Assert.Contains("'c'", Assert.Throws<InputException>(() => Lwlrap.Of(labels, others)).Message);
    }

    private static void AssertClose(double[] expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var at = 0; at < expected.Length; at++)
        {
            Assert.Equal(expected[at], actual[at], 1e-9);
        }
    }
}
