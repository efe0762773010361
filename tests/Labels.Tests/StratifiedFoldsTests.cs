using FsCheck;
using FsCheck.Fluent;

namespace OrleansTagging.Labels.Tests;

public sealed class StratifiedFoldsTests
{
    private static readonly Config _cases = Config.QuickThrowOnFailure.WithMaxTest(150);

    [Fact]
    public void Every_label_and_every_fold_is_within_one_clip_of_even()
    {
        var inputs = from classes in Gen.Choose(2, 80)
                     from clips in Gen.Choose(60, 1500)
                     from folds in Gen.Choose(2, 10)
                     from share in Gen.Choose(0, 25)
                     from seed in Gen.Choose(0, int.MaxValue)
                     select (classes, clips, folds, share, seed);
        Check.One(_cases, Prop.ForAll(inputs.ToArbitrary(), input =>
        {
            var labels = Multilabel.Clips(input.clips, input.classes, input.share / 100.0, (ulong)input.seed);
            var assignment = StratifiedFolds.Assign(labels, input.classes, input.folds, (ulong)input.seed);
            Assert.All(assignment, fold => Assert.InRange(fold, 0, input.folds - 1));
            Assert.InRange(StratifiedFolds.Unevenness(labels, input.classes, input.folds, assignment), 0, 1 + 1e-9);
        }));
    }

    [Theory]
    [InlineData(4970, 80, 5, 0.17)]
    [InlineData(19815, 80, 5, 0.2)]
    [InlineData(400, 12, 3, 0.15)]
    [InlineData(90, 80, 10, 0.5)]
    public void Sets_of_the_contests_size_are_within_one_clip_of_even(int clips, int classes, int folds, double shareOfTwo)
    {
        var labels = Multilabel.Clips(clips, classes, shareOfTwo, 3);
        var assignment = StratifiedFolds.Assign(labels, classes, folds, 11);
        Assert.InRange(StratifiedFolds.Unevenness(labels, classes, folds, assignment), 0, 1 + 1e-9);
    }

    [Fact]
    public void The_same_seed_gives_the_same_folds_and_another_seed_others()
    {
        var labels = Multilabel.Clips(500, 20, 0.2, 1);
        Assert.Equal(StratifiedFolds.Assign(labels, 20, 4, 9), StratifiedFolds.Assign(labels, 20, 4, 9));
        Assert.NotEqual(StratifiedFolds.Assign(labels, 20, 4, 9), StratifiedFolds.Assign(labels, 20, 4, 10));
    }

    [Fact]
    public void The_order_of_labels_in_a_clip_does_not_matter()
    {
        var labels = Multilabel.Clips(500, 20, 0.3, 1);
        Assert.Equal(
            StratifiedFolds.Assign(labels, 20, 4, 9),
            StratifiedFolds.Assign([.. labels.Select(own => own.Reverse().ToArray())], 20, 4, 9));
    }

    [Fact]
    public void A_label_of_fewer_clips_than_folds_comes_once_a_fold_at_most()
    {
        int[][] labels = [.. Enumerable.Repeat<int[]>([0], 40), .. Enumerable.Repeat<int[]>([1], 3)];
        var assignment = StratifiedFolds.Assign(labels, 2, 5, 4);
        Assert.Equal(3, assignment.AsSpan(40).ToArray().Distinct().Count());
    }

    [Fact]
    public void Clips_without_labels_even_out_the_sizes()
    {
        int[][] labels = [.. Enumerable.Repeat<int[]>([0], 7), .. Enumerable.Repeat<int[]>([], 14)];
        var assignment = StratifiedFolds.Assign(labels, 1, 3, 4);
        Assert.Equal([7, 7, 7], assignment.CountBy(fold => fold).Select(pair => pair.Value));
    }

    [Fact]
    public void Where_no_even_assignment_exists_the_least_uneven_is_given()
    {
        // Of six clips in two folds some three are in one fold; here every three clips share a label of their own.
        var triples = Enumerable.Range(0, 1 << 6).Where(set => int.PopCount(set) == 3).ToArray();
        int[][] labels =
            [.. Enumerable.Range(0, 6).Select(clip => Enumerable.Range(0, 20).Where(label => (triples[label] >> clip & 1) == 1).ToArray())];
        var assignment = StratifiedFolds.Assign(labels, 20, 2, 1);
        Assert.Equal(1.5, StratifiedFolds.Unevenness(labels, 20, 2, assignment));
    }

    [Fact]
    public void Bad_input_is_named()
    {
        Assert.Throws<InputException>(() => StratifiedFolds.Assign([[0], [0]], 1, 1, 0));
        Assert.Throws<InputException>(() => StratifiedFolds.Assign([[0], [0]], 1, 3, 0));
        Assert.Throws<ArgumentException>(() => StratifiedFolds.Assign([[0], [1]], 1, 2, 0));
        Assert.Throws<ArgumentException>(() => StratifiedFolds.Assign([[0, 0], [0]], 1, 2, 0));
    }
}
