using FsCheck;
using FsCheck.Fluent;

namespace OrleansTagging.Labels.Tests;

public sealed class AgreementKeyTests
{
    [Fact]
    public void The_margin_is_the_weakest_label_over_the_strongest_other_class()
    {
        Assert.Equal(new AgreementKey(1, 0.5), AgreementKey.Of([0.125, 0.75, 0.25], [1]));
        Assert.Equal(new AgreementKey(1, 0.125), AgreementKey.Of([0.125, 0.75, 0.25], [1, 2]));
        Assert.Equal(new AgreementKey((1 + 2.0 / 3) / 2, -0.25), AgreementKey.Of([0.5f, 0.75f, 0.25f], [2, 1]));
    }

    [Fact]
    public void A_side_that_is_missing_counts_as_0()
    {
        Assert.Equal(new AgreementKey(0, -0.75), AgreementKey.Of([0.125, 0.75], []));
        Assert.Equal(new AgreementKey(1, 0.125), AgreementKey.Of([0.125, 0.75], [0, 1]));
    }

    [Fact]
    public void No_score_that_is_a_number_gives_a_margin_that_is_none()
    {
        double[] scores = [double.NegativeInfinity, -1, 0, 1, double.PositiveInfinity];
        foreach (var label in scores)
        {
            foreach (var other in scores)
            {
                var margin = AgreementKey.Of([other, label], [1]).Margin;
                Assert.False(double.IsNaN(margin));
                Assert.Equal(label.CompareTo(other), Math.Sign(margin));
            }
        }
        Assert.Throws<ArgumentException>(() => AgreementKey.Of([1, double.NaN], [0]));
    }

    [Fact]
    public void Keys_compare_by_agreement_and_then_by_margin()
    {
        var (best, second, third) = (new AgreementKey(1, 0.1), new AgreementKey(1, -0.2), new AgreementKey(0.5, 9));
        Assert.True(best > second && second > third && third < best && best >= second && third <= second);
        Assert.Equal(0, best.CompareTo(new AgreementKey(1, 0.1)));
    }

    [Fact]
    public void The_margin_is_above_0_exactly_where_the_agreement_is_1() =>
        Prop.ForAll(Multilabel.ScoredClip(), clip =>
        {
            var key = AgreementKey.Of(clip.Scores, clip.Labels);
            if (clip.Labels.Length < clip.Scores.Length)
            {
                Assert.Equal(key.Agreement == 1, key.Margin > 0);
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void It_equals_the_definition_written_plainly() =>
        Prop.ForAll(Multilabel.ScoredClip(), clip =>
        {
            var key = AgreementKey.Of(clip.Scores, clip.Labels);
            Assert.Equal(Agreement.Of(clip.Scores, clip.Labels), key.Agreement);
            var others = clip.Scores.Where((_, label) => !clip.Labels.Contains(label)).DefaultIfEmpty(0).Max();
            Assert.Equal(clip.Labels.Min(label => clip.Scores[label]) - others, key.Margin);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Another_order_of_classes_and_labels_gives_the_same_bits() =>
        Prop.ForAll(Multilabel.ScoredClip(), clip =>
        {
            var last = clip.Scores.Length - 1;
            Assert.Equal(
                AgreementKey.Of(clip.Scores, clip.Labels),
                AgreementKey.Of([.. clip.Scores.Reverse()], [.. clip.Labels.Select(label => last - label).Reverse()]));
            Assert.Equal(
                AgreementKey.Of(clip.Scores, clip.Labels),
                AgreementKey.Of(Array.ConvertAll(clip.Scores, score => (float)score), clip.Labels));
        }).QuickCheckThrowOnFailure();
}
