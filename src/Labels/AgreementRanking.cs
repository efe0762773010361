namespace OrleansTagging.Labels;

/// <summary>
/// All clips by agreement, best first, for sets far larger than memory: scores come from a memory-mapped float32 <c>.npy</c> file
/// <c>[clips, classes]</c>, read once from its first row to its last. Ties go by row, so that rows in the order of file names give the
/// same ranking as
/// <see cref="TopAgreement"/>.
/// </summary>
/// <remarks>
/// Memory of its own: 12 bytes a clip, beside the labels' 4 a clip and 2 a label (<see cref="CompactLabels"/>): 184 MB for 10 million
/// clips with 1.2 labels each. The file is mapped a window at a time.
/// </remarks>
public sealed class AgreementRanking
{
    private const int WindowBytes = 32 << 20;

    private readonly int[] _rows;
    private readonly double[] _agreements;

    private AgreementRanking(int[] rows, double[] agreements)
    {
        _rows = rows;
        _agreements = agreements;
    }

    /// <summary>The rows of all clips that have labels, best first: rank r stands at r − 1.</summary>
    public ReadOnlySpan<int> Rows => _rows;

    /// <summary>The agreement of each clip in <see cref="Rows"/>, over (0, 1], never rising.</summary>
    public ReadOnlySpan<double> Agreements => _agreements;

    /// <summary>Ranks the clips.</summary>
    /// <param name="scoresPath">A float32 .npy file, <c>[clips, classes]</c>.</param>
    /// <param name="labels">The given labels of each row; rows without labels are passed over.</param>
    /// <param name="cancellation">Ends the pass between windows.</param>
    /// <exception cref="InputException">
    /// The file is missing, corrupt or of another type or shape; there are more or fewer rows than labels; a label is no class; a score
    /// is NaN.
    /// </exception>
    public static AgreementRanking Of(string scoresPath, CompactLabels labels, CancellationToken cancellation = default)
    {
        using var scores = MappedNpy<float>.Open(scoresPath);
        if (scores.Shape.Count != 2 || scores.Rows != labels.Clips)
        {
            throw new InputException(
                $"{scoresPath}: the array has the shape ({string.Join(", ", scores.Shape)}), but ({labels.Clips}, classes) is expected.");
        }
        var labelled = 0;
        for (var clip = 0; clip < labels.Clips; clip++)
        {
            labelled += labels[clip].IsEmpty ? 0 : 1;
        }
        // Negated, since sorting goes upwards.
        var keys = new double[labelled];
        var rows = new int[labelled];
        Score(scores, labels, keys, rows, cancellation);
        cancellation.ThrowIfCancellationRequested();
        Array.Sort(keys, rows);
        Settle(keys, rows);
        return new AgreementRanking(rows, keys);
    }

    /// <summary>The rows of the best clips, best first.</summary>
    /// <exception cref="InputException">More clips are asked for than have labels, or fewer than one.</exception>
    public ReadOnlySpan<int> Top(int top)
    {
        TopAgreement.RequireClips(top, _rows.Length);
        return _rows.AsSpan(0, top);
    }

    private static void Score(MappedNpy<float> scores, CompactLabels labels, double[] keys, int[] rows, CancellationToken cancellation)
    {
        var classes = scores.RowLength;
        var windowRows = Math.Max(1, WindowBytes / Math.Max(1, classes * sizeof(float)));
        var own = new int[classes];
        var found = 0;
        for (var first = 0L; first < scores.Rows; first += windowRows)
        {
            cancellation.ThrowIfCancellationRequested();
            var count = (int)Math.Min(windowRows, scores.Rows - first);
            using var window = scores.Window(first, count);
            for (var row = (int)first; row < first + count; row++)
            {
                var packed = labels[row];
                if (packed.IsEmpty)
                {
                    continue;
                }
                var clip = window.Row(row);
                var given = Widened(packed, own, scores.Path, row);
                if (Agreement.HasNaN(clip))
                {
                    throw new InputException($"{scores.Path}: row {row} (counted from 0) has a score that is NaN.");
                }
                keys[found] = -Agreement.OfNumbers(clip, given);
                rows[found++] = row;
            }
        }
    }

    private static ReadOnlySpan<int> Widened(ReadOnlySpan<ushort> packed, int[] own, string path, int row)
    {
        if (packed.Length > own.Length)
        {
            throw new InputException($"{path}: row {row} (counted from 0) has {own.Length} scores, but {packed.Length} labels are given.");
        }
        for (var at = 0; at < packed.Length; at++)
        {
            own[at] = packed[at] < own.Length
                ? packed[at]
                : throw new InputException(
                    $"{path}: row {row} (counted from 0) has {own.Length} scores, but the label {packed[at]} is given.");
        }
        return own.AsSpan(0, packed.Length);
    }

    /// <summary>Puts ties in the order of their rows, which the sort does not keep, and takes back the sign.</summary>
    private static void Settle(double[] keys, int[] rows)
    {
        for (var start = 0; start < keys.Length;)
        {
            var end = start + 1;
            while (end < keys.Length && keys[end] == keys[start])
            {
                end++;
            }
            Array.Sort(rows, start, end - start);
            start = end;
        }
        for (var at = 0; at < keys.Length; at++)
        {
            keys[at] = -keys[at];
        }
    }
}
