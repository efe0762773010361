namespace OrleansTagging.Labels;

/// <summary>
/// Moves clips between folds until every label is within one clip of even: see <see cref="StratifiedFolds"/>. Works on kinds of
/// clips (clips with the same labels are alike) and counts in whole numbers: the deviation of a count is folds × count − total,
/// so that one clip is <c>folds</c> units. The folds' sizes are one more label, which every clip has.
/// </summary>
internal sealed class FoldRepair
{
    private const int LeastSteps = 2_000;
    private const int StepsPerLabel = 200;

    private readonly int _folds;
    private readonly int[] _assignment;
    private readonly int[][] _labelsOfKind;
    private readonly List<int>[] _kindsOfLabel;
    private readonly List<int>[,] _clips;
    private readonly int[] _deviations;
    private readonly long[] _weights;
    private readonly int[,] _tabuUntil;

    public FoldRepair(IReadOnlyList<int[]> labels, int[] order, int classes, int folds, int[] assignment)
    {
        _folds = folds;
        _assignment = assignment;
        var kinds = new Dictionary<string, int>(StringComparer.Ordinal);
        var labelsOfKind = new List<int[]>();
        var kindOf = new int[labels.Count];
        foreach (var clip in order)
        {
            var own = labels[clip].Append(classes).Order().ToArray();
            var key = string.Join(',', own);
            if (!kinds.TryGetValue(key, out kindOf[clip]))
            {
                kindOf[clip] = kinds.Count;
                kinds.Add(key, kinds.Count);
                labelsOfKind.Add(own);
            }
        }
        _labelsOfKind = [.. labelsOfKind];
        _kindsOfLabel = new List<int>[classes + 1];
        for (var label = 0; label <= classes; label++)
        {
            _kindsOfLabel[label] = [];
        }
        _clips = new List<int>[kinds.Count, folds];
        _tabuUntil = new int[kinds.Count, folds];
        for (var kind = 0; kind < kinds.Count; kind++)
        {
            for (var fold = 0; fold < folds; fold++)
            {
                _clips[kind, fold] = [];
            }
            foreach (var label in _labelsOfKind[kind])
            {
                _kindsOfLabel[label].Add(kind);
            }
        }
        _deviations = new int[(classes + 1) * folds];
        _weights = new long[classes + 1];
        Array.Fill(_weights, 1);
        foreach (var clip in order)
        {
            _clips[kindOf[clip], assignment[clip]].Add(clip);
            foreach (var label in _labelsOfKind[kindOf[clip]])
            {
                for (var fold = 0; fold < folds; fold++)
                {
                    _deviations[label * folds + fold] += fold == assignment[clip] ? folds - 1 : -1;
                }
            }
        }
    }

    /// <summary>Searches, and leaves the best assignment found in the array that was given.</summary>
    public void Run()
    {
        var best = (int[])_assignment.Clone();
        var bestScore = Score();
        var steps = LeastSteps + StepsPerLabel * _weights.Length;
        // A count off by less than one clip is rounded down or up: nothing can be gained there.
        for (var step = 1; step <= steps && bestScore.Uneven > 0; step++)
        {
            if (!Step(step))
            {
                break;
            }
            var score = Score();
            if (score.CompareTo(bestScore) < 0)
            {
                bestScore = score;
                _assignment.CopyTo(best, 0);
            }
        }
        best.CopyTo(_assignment, 0);
    }

    /// <summary>First what is beyond one clip of even, then what is a whole clip or more, both in units beyond.</summary>
    private (long Beyond, long Uneven) Score()
    {
        var beyond = 0L;
        var uneven = 0L;
        foreach (var deviation in _deviations)
        {
            var size = Math.Abs(deviation);
            beyond += Math.Max(0, size - _folds);
            uneven += Math.Max(0, size - _folds + 1);
        }
        return (beyond, uneven);
    }

    /// <summary>
    /// Takes the most uneven count and applies the best move of a clip that has its label, alone or in exchange for another clip, even if
    /// things get worse by it; then its label weighs more from here on. False when there is nothing to move.
    /// </summary>
    private bool Step(int step)
    {
        var (label, fold) = MostUneven();
        var over = _deviations[label * _folds + fold] > 0;
        var best = new Exchange(long.MaxValue, -1, -1, -1, -1);
        for (var other = 0; other < _folds; other++)
        {
            if (other == fold)
            {
                continue;
            }
            var (from, to) = over ? (fold, other) : (other, fold);
            var back = BestBack(to, from, label, step);
            foreach (var kind in _kindsOfLabel[label])
            {
                if (_clips[kind, from].Count == 0 || _tabuUntil[kind, from] > step)
                {
                    continue;
                }
                var gain = Change(kind, from, to);
                if (gain < best.Cost)
                {
                    best = new Exchange(gain, kind, -1, from, to);
                }
                if (back >= 0)
                {
                    // For what both clips have, the two moves cancel.
                    var swap = gain + Change(back, to, from) - Shared(kind, back);
                    if (swap < best.Cost)
                    {
                        best = new Exchange(swap, kind, back, from, to);
                    }
                }
            }
        }
        if (best.Kind < 0)
        {
            // All that could move was moved just now, unless the label has no clip that could.
            Array.Clear(_tabuUntil);
            _weights[label]++;
            return step < LeastSteps;
        }
        Move(best.Kind, best.From, best.To);
        _tabuUntil[best.Kind, best.To] = step + Tenure(step);
        if (best.Back >= 0)
        {
            Move(best.Back, best.To, best.From);
            _tabuUntil[best.Back, best.From] = step + Tenure(step);
        }
        if (best.Cost >= 0)
        {
            _weights[label]++;
        }
        return true;
    }

    // Of changing length, so that the search does not walk in a circle.
    private static int Tenure(int step) => 3 + step % 7;

    private (int Label, int Fold) MostUneven()
    {
        var worst = (Label: 0, Fold: 0);
        var worstSize = long.MinValue;
        for (var label = 0; label < _weights.Length; label++)
        {
            for (var fold = 0; fold < _folds; fold++)
            {
                var excess = Math.Max(0, Math.Abs(_deviations[label * _folds + fold]) - _folds + 1);
                var size = excess * _weights[label];
                if (size > worstSize)
                {
                    worst = (label, fold);
                    worstSize = size;
                }
            }
        }
        return worst;
    }

    /// <summary>The kind without the label whose move costs least; -1 when there is none.</summary>
    private int BestBack(int from, int to, int label, int step)
    {
        var best = -1;
        var bestCost = long.MaxValue;
        for (var kind = 0; kind < _labelsOfKind.Length; kind++)
        {
            if (_clips[kind, from].Count == 0 || _tabuUntil[kind, from] > step || _labelsOfKind[kind].AsSpan().Contains(label))
            {
                continue;
            }
            var cost = Change(kind, from, to);
            if (cost < bestCost)
            {
                best = kind;
                bestCost = cost;
            }
        }
        return best;
    }

    /// <summary>By how much a move changes the weighted sum of squared deviations, in units of 2 × folds.</summary>
    private long Change(int kind, int from, int to)
    {
        var change = 0L;
        foreach (var label in _labelsOfKind[kind])
        {
            change += _weights[label] * (_deviations[label * _folds + to] - _deviations[label * _folds + from] + _folds);
        }
        return change;
    }

    private long Shared(int one, int other)
    {
        var shared = 0L;
        foreach (var label in _labelsOfKind[one])
        {
            if (_labelsOfKind[other].AsSpan().Contains(label))
            {
                shared += _weights[label] * 2 * _folds;
            }
        }
        return shared;
    }

    private void Move(int kind, int from, int to)
    {
        var clips = _clips[kind, from];
        var clip = clips[^1];
        clips.RemoveAt(clips.Count - 1);
        _clips[kind, to].Add(clip);
        _assignment[clip] = to;
        foreach (var label in _labelsOfKind[kind])
        {
            _deviations[label * _folds + from] -= _folds;
            _deviations[label * _folds + to] += _folds;
        }
    }

    private readonly record struct Exchange(long Cost, int Kind, int Back, int From, int To);
}
