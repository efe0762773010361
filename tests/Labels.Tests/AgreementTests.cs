using FsCheck;
using FsCheck.Fluent;

namespace OrleansTagging.Labels.Tests;

public sealed class AgreementTests
{
    [Fact]
    public void It_is_1_when_the_given_labels_score_highest()
    {
        Assert.Equal(1, Agreement.Of([0.1, 0.9, 0.8], [2, 1]));
        Assert.Equal(1, Agreement.Of([0.1f, 0.9f, 0.8f], [1]));
    }

    [Fact]
    public void It_is_the_mean_of_the_precisions_at_the_labels()
    {
        // Ranks 2 and 4: one of two, then two of four.
        Assert.Equal((1.0 / 2 + 2.0 / 4) / 2, Agreement.Of([0.9, 0.8, 0.7, 0.6, 0.5], [1, 3]));
    }

    [Fact]
    public void A_clip_without_labels_ranks_after_every_other() => Assert.Equal(0, Agreement.Of([0.1, 0.2], []));

    [Fact]
    public void Equal_scores_give_the_share_of_labels_among_the_classes() => Assert.Equal(0.25, Agreement.Of(new double[12], [3, 5, 7]));

    [Fact]
    public void Scores_that_are_NaN_and_labels_that_are_no_class_are_refused()
    {
        for (var classes = 1; classes < 20; classes++)
        {
            var scores = new float[classes];
            scores[^1] = float.NaN;
            Assert.Throws<ArgumentException>(() => Agreement.Of(scores, [0]));
        }
        Assert.Throws<ArgumentException>(() => Agreement.Of([1.0, 2.0], [2]));
        Assert.Throws<ArgumentException>(() => Agreement.Of([1.0, 2.0], [-1]));
    }

    [Fact]
    public void It_lies_above_0_and_up_to_1() =>
        Prop.ForAll(Multilabel.ScoredClip(), clip =>
            Assert.InRange(Agreement.Of(clip.Scores, clip.Labels), 1.0 / clip.Scores.Length, 1.0)).QuickCheckThrowOnFailure();

    [Fact]
    public void It_equals_the_definition_written_plainly() =>
        Prop.ForAll(Multilabel.ScoredClip(), clip =>
        {
            var expected = clip.Labels.Average(label =>
                clip.Labels.Count(other => clip.Scores[other] >= clip.Scores[label])
                / (double)clip.Scores.Count(score => score >= clip.Scores[label]));
            Assert.Equal(expected, Agreement.Of(clip.Scores, clip.Labels), 1e-12);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Single_and_double_precision_agree_on_the_same_scores() =>
        Prop.ForAll(Multilabel.ScoredClip(), clip =>
            Assert.Equal(
                Agreement.Of(clip.Scores, clip.Labels),
                Agreement.Of(Array.ConvertAll(clip.Scores, score => (float)score), clip.Labels))).QuickCheckThrowOnFailure();

    [Fact]
    public void Another_order_of_classes_and_labels_gives_the_same_bits() =>
        Prop.ForAll(Multilabel.ScoredClip(), clip =>
        {
            var last = clip.Scores.Length - 1;
            Assert.Equal(
                Agreement.Of(clip.Scores, clip.Labels),
                Agreement.Of([.. clip.Scores.Reverse()], [.. clip.Labels.Select(label => last - label).Reverse()]));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Strictly_rising_transforms_leave_it_as_it_is() =>
        Prop.ForAll(Multilabel.ScoredClip(), clip =>
            Assert.Equal(
                Agreement.Of(clip.Scores, clip.Labels),
                Agreement.Of(Array.ConvertAll(clip.Scores, score => Math.Atan(3 * score)), clip.Labels))).QuickCheckThrowOnFailure();

    [Fact]
    public void Raising_the_score_of_the_only_label_never_lowers_it() =>
        Prop.ForAll(Multilabel.ScoredClip(), clip =>
        {
            var raised = (double[])clip.Scores.Clone();
            raised[clip.Labels[0]] += 1;
            Assert.True(Agreement.Of(raised, clip.Labels.AsSpan(0, 1)) >= Agreement.Of(clip.Scores, clip.Labels.AsSpan(0, 1)));
        }).QuickCheckThrowOnFailure();
}
