using OrleansTagging.Labels;

namespace OrleansTagging.Learning.Tests;

public sealed class BestEpochTests
{
    private const int Classes = 5;
    private const int Clips = 31;
    private const int Epochs = 12;

    private static readonly LabelledExample[] _validation = [.. Enumerable.Range(0, Clips).Select(position =>
        new LabelledExample(1000 + 7 * position % 31, position % 6 == 5 ? []
            : position % 4 == 0 ? [position % Classes, (position + 2) % Classes]
            : [position % Classes]))];

    [Fact]
    public void The_best_epoch_is_the_first_with_the_highest_lwlrap_and_the_honest_one_is_chosen_on_the_other_nested_folds()
    {
        var labels = _validation.Select(example => example.Labels).ToArray();
        var predictions = Enumerable.Range(0, Epochs).Select(Predictions).ToArray();
        // The last epoch repeats an earlier one: a tie that changes nothing.
        predictions[^1] = predictions[4];
        var best = Considered(predictions);
        var lwlraps = predictions.Select(epoch => Lwlrap.Of(labels, epoch.AsSpan(), Classes).Overall).ToArray();
        Assert.Equal(Array.IndexOf(lwlraps, lwlraps.Max()) + 1, best.Epoch);
        Assert.Equal(lwlraps.Max(), best.Lwlrap);
        Assert.Equal(predictions[best.Epoch - 1], best.Predictions);

        // All of it once more, by the definition: rows of the other folds, epoch by epoch.
        var honest = new float[Clips * Classes];
        for (var fold = 0; fold < BestEpoch.NestedFolds; fold++)
        {
            var others = Enumerable.Range(0, Clips).Where(position => best.Folds[position] != fold).ToArray();
            var scores = predictions.Select(epoch => Lwlrap.Of(
                others.Select(position => labels[position]).ToArray(),
                others.SelectMany(position => epoch[(position * Classes)..((position + 1) * Classes)]).ToArray().AsSpan(),
                Classes).Overall).ToArray();
            var chosen = Array.IndexOf(scores, scores.Max());
            Assert.Equal(new NestedChoice(chosen + 1, scores[chosen]), best.Chosen[fold]);
            foreach (var position in Enumerable.Range(0, Clips).Except(others))
            {
                predictions[chosen].AsSpan(position * Classes, Classes).CopyTo(honest.AsSpan(position * Classes));
            }
        }
        Assert.Equal(honest, best.HonestPredictions);
        Assert.Equal(Lwlrap.Of(labels, honest.AsSpan(), Classes).Overall, best.HonestLwlrap());
        Assert.True(best.Chosen.Distinct().Count() > 1);
    }

    [Fact]
    public void Predictions_by_chance_look_better_by_the_best_epoch_than_they_honestly_are()
    {
        // Of noise the truth is known: every epoch is as good as any other.
        var (flattering, honest, chance) = (0.0, 0.0, 0.0);
        for (var run = 0; run < 30; run++)
        {
            var predictions = Enumerable.Range(0, Epochs).Select(epoch => Predictions(100 * (run + 1) + epoch)).ToArray();
            var best = Considered(predictions);
            flattering += best.Lwlrap / 30;
            honest += best.HonestLwlrap() / 30;
            chance += predictions.Average(epoch =>
                Lwlrap.Of([.. _validation.Select(example => example.Labels)], epoch.AsSpan(), Classes).Overall) / 30;
        }
        Assert.True(flattering > chance + 0.03, $"{flattering} {chance}");
        Assert.InRange(honest, chance - 0.02, chance + 0.015);
    }

    [Fact]
    public void A_clips_nested_fold_depends_on_seed_and_clip_and_the_folds_are_of_even_size()
    {
        var best = new BestEpoch(_validation, Classes, seed: 3);
        var sizes = best.Folds.CountBy(fold => fold).Select(fold => fold.Value).ToArray();
        Assert.InRange(sizes.Max() - sizes.Min(), 0, 1);
        LabelledExample[] turned = [.. _validation.Reverse()];
        Assert.Equal(best.Folds, new BestEpoch(turned, Classes, seed: 3).Folds.Reverse());
        Assert.NotEqual(best.Folds, new BestEpoch(_validation, Classes, seed: 4).Folds);
    }

    [Fact]
    public void With_one_clip_there_is_nothing_to_choose_by_and_the_last_epoch_counts()
    {
        var best = new BestEpoch([new LabelledExample(0, [1])], 2, seed: 3);
        Assert.True(best.Consider(1, [0.1f, 0.9f], 1));
        Assert.False(best.Consider(2, [0.8f, 0.2f], 0.5));
        Assert.Equal([0.1f, 0.9f], best.Predictions);
        Assert.Equal([0.8f, 0.2f], best.HonestPredictions);
        Assert.Equal(0.5, best.HonestLwlrap());
    }

    private static BestEpoch Considered(float[][] predictions)
    {
        var best = new BestEpoch(_validation, Classes, seed: 3);
        var labels = _validation.Select(example => example.Labels).ToArray();
        foreach (var (epoch, scores) in predictions.Index())
        {
            best.Consider(epoch + 1, scores, Lwlrap.Of(labels, scores.AsSpan(), Classes).Overall);
        }
        return best;
    }

    private static float[] Predictions(int key)
    {
        var random = SeededRandom.Of(77, (ulong)key);
        var values = new float[Clips * Classes];
        foreach (ref var value in values.AsSpan())
        {
            value = (float)random.NextDouble();
        }
        return values;
    }
}
