using FsCheck;
using FsCheck.Fluent;

namespace OrleansTagging.Labels.Tests;

public sealed class BlendFitTests
{
    [Fact]
    public void A_good_member_outweighs_bad_ones_and_the_blend_gains()
    {
        var ensemble = Ensemble(400, 12, [1.5, 0.2, 0.2, 0], seed: 4);
        foreach (var method in (BlendMethod[])[BlendMethod.Fit, BlendMethod.Greedy])
        {
            var fit = Fit(ensemble, method);
            Assert.True(fit.Weights[0] > 0.5, string.Join(' ', fit.Weights));
            Assert.True(fit.Lwlrap > fit.MeanLwlrap + 0.02);
            Assert.True(fit.HonestLwlrap > fit.MeanLwlrap + 0.02);
            Assert.Equal(fit.Lwlrap, Lwlrap.Of(ensemble.Labels, Blend.Weighted(ensemble.Members, fit.Weights), 12).Overall, 1e-12);
        }
    }

    [Fact]
    public void Members_that_err_apart_are_worth_more_together_than_the_best_alone()
    {
        var ensemble = Ensemble(400, 12, [1, 1, 1], seed: 6);
        foreach (var method in Enum.GetValues<BlendMethod>())
        {
            var fit = Fit(ensemble, method);
            Assert.True(fit.HonestLwlrap > fit.MemberLwlraps.Max() + 0.02);
        }
    }

    [Fact]
    public void The_plain_mean_chooses_nothing_and_is_honest()
    {
        var ensemble = Ensemble(60, 5, [1, 0.5], seed: 2);
        var fit = Fit(ensemble, BlendMethod.Mean);
        Assert.Equal([0.5, 0.5], fit.Weights);
        Assert.Equal(fit.MeanLwlrap, fit.Lwlrap);
        Assert.Equal(fit.MeanLwlrap, fit.HonestLwlrap);
        Assert.Empty(fit.PerFold);
        Assert.Equal(Lwlrap.Of(ensemble.Labels, Blend.Mean(ensemble.Members), 5).Overall, fit.MeanLwlrap, 1e-12);
        for (var member = 0; member < 2; member++)
        {
            Assert.Equal(Lwlrap.Of(ensemble.Labels, ensemble.Members[member], 5).Overall, fit.MemberLwlraps[member], 1e-12);
        }
    }

    [Fact]
    public void Where_there_is_nothing_to_choose_the_honest_figure_does_not_rise_with_the_optimistic_one()
    {
        // Members that know nothing: the optimistic figure gains from the choice on average, the honest one does not.
        var (optimistic, honest) = (0.0, 0.0);
        for (var seed = 0UL; seed < 30; seed++)
        {
            var fit = Fit(Ensemble(60, 6, new double[8], seed), BlendMethod.Greedy);
            optimistic += fit.Lwlrap - fit.MeanLwlrap;
            honest += fit.HonestLwlrap - fit.MeanLwlrap;
        }
        Assert.True(optimistic / 30 > 0.05, $"{optimistic / 30}");
        Assert.InRange(honest / 30, -0.05, 0.02);
    }

    [Fact]
    public void Each_fold_is_blended_with_weights_found_without_it()
    {
        // In fold 0 member 0 is right and member 1 is wrong, in fold 1 the other way about.
        int[][] labels = [[0], [1], [0], [1]];
        double[] rightThenWrong = [0.9, 0.1, 0.1, 0.9, 0.2, 0.8, 0.8, 0.2];
        double[] wrongThenRight = [0.1, 0.9, 0.9, 0.1, 0.8, 0.2, 0.2, 0.8];
        var fit = BlendFit.Of(labels, [0, 0, 1, 1], [rightThenWrong, wrongThenRight], 2, BlendMethod.Greedy);
        Assert.Equal([0, 1], fit.PerFold.Select(fold => fold.Fold));
        Assert.Equal([0, 1], fit.PerFold[0].Weights);
        Assert.Equal([1, 0], fit.PerFold[1].Weights);
        Assert.Equal(0.5, fit.HonestLwlrap);
    }

    [Fact]
    public void Ties_go_to_the_member_that_comes_first()
    {
        double[] member = [0.9, 0.1, 0.2, 0.8];
        var fit = BlendFit.Of([[0], [1]], [0, 1], [member, member, member], 2, BlendMethod.Greedy);
        Assert.Equal([1, 0, 0], fit.Weights);
    }

    [Fact]
    public void Scores_that_are_no_probabilities_are_blended_as_log_odds()
    {
        var ensemble = Ensemble(300, 10, [1.5, 0, 0], seed: 9);
        double[][] logits = [.. ensemble.Members.Select(scores => Array.ConvertAll(scores, score => Math.Log(score / (1 - score))))];
        var fit = BlendFit.Of(ensemble.Labels, ensemble.Folds, logits, 10, BlendMethod.Fit);
        Assert.True(fit.Weights[0] > 0.6, string.Join(' ', fit.Weights));
        // Far out of any range, still numbers.
        var far = BlendFit.Of(
            ensemble.Labels,
            ensemble.Folds,
            [.. logits.Select(scores => Array.ConvertAll(scores, score => score * 1e4))],
            10,
            BlendMethod.Fit);
        Assert.Equal(1, far.Weights.Sum(), 1e-9);
    }

    [Fact]
    public void Weights_lie_on_the_simplex_and_never_lose_on_the_clips_that_chose_them() =>
        Prop.ForAll(Ensembles(), ensemble =>
        {
            foreach (var method in Enum.GetValues<BlendMethod>())
            {
                var fit = Fit(ensemble, method);
                foreach (var weights in fit.PerFold.Select(fold => fold.Weights).Append(fit.Weights))
                {
                    Assert.Equal(ensemble.Members.Length, weights.Length);
                    Assert.All(weights, weight => Assert.InRange(weight, 0, 1));
                    Assert.Equal(1, weights.Sum(), 1e-9);
                }
                Assert.True(method != BlendMethod.Fit || fit.Lwlrap >= fit.MeanLwlrap);
                Assert.True(method != BlendMethod.Greedy || fit.Lwlrap >= fit.MemberLwlraps.Max());
                Assert.InRange(fit.HonestLwlrap, 0, 1);
                Assert.Equal(fit.Weights, Fit(ensemble, method).Weights);
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Clips_without_labels_do_not_count() =>
        Prop.ForAll(Ensembles(), ensemble =>
        {
            var classes = ensemble.Classes;
            int[][] labels = [[], .. ensemble.Labels, []];
            int[] folds = [7, .. ensemble.Folds, 8];
            double[][] members = [.. ensemble.Members.Select(scores =>
                (double[])[.. new double[classes], .. scores, .. Enumerable.Repeat(1.0, classes)])];
            foreach (var method in Enum.GetValues<BlendMethod>())
            {
                var (with, without) = (BlendFit.Of(labels, folds, members, classes, method), Fit(ensemble, method));
                Assert.Equal(without.Weights, with.Weights);
                Assert.Equal(without.HonestLwlrap, with.HonestLwlrap);
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Faults_are_named()
    {
        Assert.Throws<InputException>(() => BlendFit.Of([[0]], [0], [], 2, BlendMethod.Mean));
        Assert.Throws<InputException>(() => BlendFit.Of([[]], [0], [[1, 2]], 2, BlendMethod.Mean));
        Assert.Throws<ArgumentException>(() => BlendFit.Of([[0]], [0, 1], [[1, 2]], 2, BlendMethod.Mean));
        Assert.Throws<ArgumentException>(() => BlendFit.Of([[0]], [0], [[1, 2, 3]], 2, BlendMethod.Mean));
        Assert.Throws<ArgumentException>(() => BlendFit.Of([[2]], [0], [[1, 2]], 2, BlendMethod.Mean));
        Assert.Throws<ArgumentException>(() => BlendFit.Of([[0]], [0], [[1, double.PositiveInfinity]], 2, BlendMethod.Mean));
        Assert.Contains("2 folds", Assert.Throws<InputException>(
            () => BlendFit.Of([[0], [1]], [3, 3], [[1, 2, 3, 4]], 2, BlendMethod.Greedy)).Message);
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        var ensemble = Ensemble(10, 3, [1, 1], seed: 1);
        foreach (var method in (BlendMethod[])[BlendMethod.Fit, BlendMethod.Greedy])
        {
            Assert.Throws<OperationCanceledException>(
                () => BlendFit.Of(ensemble.Labels, ensemble.Folds, ensemble.Members, 3, method, cancelled.Token));
        }
    }

    private static BlendFit Fit((int[][] Labels, int[] Folds, double[][] Members, int Classes) ensemble, BlendMethod method) =>
        BlendFit.Of(ensemble.Labels, ensemble.Folds, ensemble.Members, ensemble.Classes, method);

    private static Arbitrary<(int[][] Labels, int[] Folds, double[][] Members, int Classes)> Ensembles() => (
        from clips in Gen.Choose(4, 30)
        from classes in Gen.Choose(2, 9)
        from members in Gen.Choose(1, 5)
        from seed in Gen.Choose(0, int.MaxValue)
        select Ensemble(clips, classes, [.. Enumerable.Range(0, members).Select(member => member % 3 * 0.5)], (ulong)seed)).ToArbitrary();

    /// <summary>Probabilities of members that each know the labels so well (0: not at all) and err independently.</summary>
    private static (int[][] Labels, int[] Folds, double[][] Members, int Classes) Ensemble(
        int clips, int classes, double[] knowledge, ulong seed)
    {
        var labels = Multilabel.Clips(clips, classes, shareOfTwo: 0.2, seed);
        double[][] members = [.. knowledge.Select((known, member) =>
        {
            var random = SeededRandom.Of(seed, 5, (ulong)member);
            var scores = new double[clips * classes];
            for (var at = 0; at < scores.Length; at++)
            {
                var logit = random.NextGaussian() + (labels[at / classes].Contains(at % classes) ? known : 0);
                scores[at] = 1 / (1 + Math.Exp(-logit));
            }
            return scores;
        })];
        return (labels, [.. Enumerable.Range(0, clips).Select(clip => clip % 4)], members, classes);
    }
}
