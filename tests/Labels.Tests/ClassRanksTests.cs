using FsCheck;
using FsCheck.Fluent;

namespace OrleansTagging.Labels.Tests;

public sealed class ClassRanksTests
{
    [Fact]
    public void The_lowest_class_has_0_the_highest_1_and_equals_share_their_mean()
    {
        Assert.Equal([0.5, 1, 0.25, 0.75, 0], ClassRanks.Of([3, 9, 2, 4, -1], 5));
        Assert.Equal([0.375, 1, 0.375, 0.75, 0], ClassRanks.Of([2, 9, 2, 4, -1], 5));
        Assert.Equal([0.5, 0.5, 0, 1], ClassRanks.Of([7, 7, 1, 2], 2));
    }

    [Fact]
    public void One_class_has_rank_0_and_NaN_is_refused()
    {
        Assert.Equal([0, 0], ClassRanks.Of([5, 7], 1));
        Assert.Throws<ArgumentException>(() => ClassRanks.Of([5, double.NaN], 2));
        Assert.Throws<ArgumentException>(() => ClassRanks.Of([5, 6, 7], 2));
    }

    [Fact]
    public void Each_rank_is_the_number_of_lower_classes_and_half_the_number_of_equal_ones() =>
        Prop.ForAll(Multilabel.ScoredClips(), clips =>
        {
            var ranks = ClassRanks.Of(clips.Scores, clips.Classes);
            for (var at = 0; at < ranks.Length; at++)
            {
                var row = clips.Scores.AsSpan(at / clips.Classes * clips.Classes, clips.Classes).ToArray();
                var lower = row.Count(score => score < clips.Scores[at]);
                var equal = row.Count(score => score == clips.Scores[at]) - 1;
                Assert.Equal(clips.Classes == 1 ? 0 : (lower + equal / 2.0) / (clips.Classes - 1), ranks[at], 1e-12);
                Assert.InRange(ranks[at], 0, 1);
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void They_leave_lwlrap_as_it_is_and_no_rising_transform_changes_them() =>
        Prop.ForAll(Multilabel.ScoredClips(), clips =>
        {
            var ranks = ClassRanks.Of(clips.Scores, clips.Classes);
            Assert.Equal(
                Lwlrap.Of(clips.Labels, clips.Scores, clips.Classes).Overall, Lwlrap.Of(clips.Labels, ranks, clips.Classes).Overall);
            Assert.Equal(ranks, ClassRanks.Of(Array.ConvertAll(clips.Scores, score => Math.Exp(score) - 7), clips.Classes));
        }).QuickCheckThrowOnFailure();
}
