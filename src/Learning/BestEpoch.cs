using OrleansTagging.Labels;

namespace OrleansTagging.Learning;

/// <summary>
/// The epoch whose predictions of the validation clips have the highest lwlrap, and beside it an honest estimate. The best figure of many
/// flatters: the clips that chose it also measure it. For the honest one the clips are dealt into nested folds, and each fold's predictions
/// are those of the epoch that is best on the other folds.
/// </summary>
/// <remarks>An epoch must be better to take the place of an earlier one. Where no other fold has a label, there is nothing to choose by and
/// the last epoch counts.</remarks>
public sealed class BestEpoch
{
    /// <summary>Nested folds.</summary>
    public const int NestedFolds = 5;

    private readonly int[][] _labels;
    private readonly int _classes;
    private readonly int[] _folds;
    // The labels that choose for each nested fold: those of the other folds' clips. A clip without labels does not count.
    private readonly int[][][] _others;

    /// <summary>Begins without an epoch.</summary>
    /// <param name="validation">The validation clips.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="seed">Seed of the experiment: with a clip's number it decides the clip's nested fold, in whatever job.</param>
    public BestEpoch(IReadOnlyList<LabelledExample> validation, int classes, ulong seed)
    {
        _labels = [.. validation.Select(example => example.Labels)];
        _classes = classes;
        _folds = new int[validation.Count];
        var dealt = Enumerable.Range(0, validation.Count)
            .OrderBy(position => SeededRandom.Of(seed, SeededRandom.Key("nested folds"), (ulong)validation[position].Clip).NextUInt64())
            .ThenBy(position => validation[position].Clip);
        foreach (var (place, position) in dealt.Index())
        {
            _folds[position] = place % NestedFolds;
        }
        _others = [.. Enumerable.Range(0, NestedFolds).Select(fold =>
            _labels.Select((labels, position) => _folds[position] == fold ? [] : labels).ToArray())];
        Chosen = [.. Enumerable.Repeat(new NestedChoice(0, 0), NestedFolds)];
        HonestPredictions = new float[validation.Count * classes];
    }

    /// <summary>The best epoch, counted from 1; 0 before the first.</summary>
    public int Epoch { get; private set; }

    /// <summary>Its lwlrap.</summary>
    public double Lwlrap { get; private set; }

    /// <summary>Its predictions, <c>[clips, classes]</c>.</summary>
    public float[] Predictions { get; private set; } = [];

    /// <summary>Predictions of every clip by the epoch that is best on the other nested folds, <c>[clips, classes]</c>.</summary>
    public float[] HonestPredictions { get; private set; }

    /// <summary>The epoch of each nested fold.</summary>
    public NestedChoice[] Chosen { get; private set; }

    /// <summary>Nested fold of each validation clip.</summary>
    public IReadOnlyList<int> Folds => _folds;

    /// <summary>lwlrap of <see cref="HonestPredictions"/>.</summary>
    public double HonestLwlrap() => Labels.Lwlrap.Of(_labels, HonestPredictions.AsSpan(), _classes).Overall;

    /// <summary>Considers an epoch; <c>true</c> where it is the best so far.</summary>
    /// <param name="epoch">The epoch, counted from 1.</param>
    /// <param name="predictions">Its predictions, <c>[clips, classes]</c>.</param>
    /// <param name="lwlrap">Their lwlrap.</param>
    public bool Consider(int epoch, float[] predictions, double lwlrap)
    {
        for (var fold = 0; fold < NestedFolds; fold++)
        {
            var chooses = _others[fold].Any(labels => labels.Length > 0);
            var others = chooses ? Labels.Lwlrap.Of(_others[fold], predictions.AsSpan(), _classes).Overall : 0;
            if (!chooses || Chosen[fold].Epoch == 0 || others > Chosen[fold].Lwlrap)
            {
                Chosen[fold] = new NestedChoice(epoch, others);
                for (var position = 0; position < _folds.Length; position++)
                {
                    if (_folds[position] == fold)
                    {
                        predictions.AsSpan(position * _classes, _classes).CopyTo(HonestPredictions.AsSpan(position * _classes));
                    }
                }
            }
        }
        if (Epoch > 0 && lwlrap <= Lwlrap)
        {
            return false;
        }
        (Epoch, Lwlrap, Predictions) = (epoch, lwlrap, predictions);
        return true;
    }

    /// <summary>Takes over what another process had found for the same clips.</summary>
    /// <exception cref="ArgumentException">They are not of these clips.</exception>
    internal void Restore(int epoch, double lwlrap, NestedChoice[] chosen, float[] predictions, float[] honestPredictions)
    {
        var scores = HonestPredictions.Length;
        if (chosen.Length != NestedFolds || predictions.Length != scores || honestPredictions.Length != scores)
        {
            throw new ArgumentException("the best epoch is one of other validation clips");
        }
        (Epoch, Lwlrap, Chosen, Predictions, HonestPredictions) = (epoch, lwlrap, chosen, predictions, honestPredictions);
    }
}

/// <summary>What a nested fold's predictions were taken from.</summary>
/// <param name="Epoch">The epoch, counted from 1; 0 before the first.</param>
/// <param name="Lwlrap">lwlrap on the other nested folds after it.</param>
public readonly record struct NestedChoice(int Epoch, double Lwlrap);
