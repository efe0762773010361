namespace OrleansTagging.Labels;

/// <summary>
/// All clips by <see cref="AgreementKey"/>, best first, for sets far larger than memory: scores come from a memory-mapped float32
/// <c>.npy</c> file <c>[clips, classes]</c>, read once from its first row to its last. Ties go by row, so that rows in the order of file
/// names give the same ranking as <see cref="TopAgreement"/>.
/// </summary>
/// <remarks>
/// Memory of its own: 16 bytes a clip while it ranks, 12 after, beside the labels' 4 a clip and 2 a label (<see cref="CompactLabels"/>):
/// 224 MB for 10 million clips with 1.2 labels each. Agreements are fractions of few labels among few classes and repeat without end, so
/// that a clip holds the number of its agreement in a list of different ones instead of the agreement itself. The file is mapped a
/// window at a time.
/// </remarks>
public sealed class AgreementRanking
{
    private const int WindowBytes = 32 << 20;

    private readonly int[] _rows;
    private readonly double[] _margins;

    // The different agreements, highest first, and the place of the first clip with each.
    private readonly double[] _agreements;
    private readonly int[] _starts;

    private AgreementRanking(int[] rows, double[] margins, double[] agreements, int[] starts)
    {
        _rows = rows;
        _margins = margins;
        _agreements = agreements;
        _starts = starts;
    }

    /// <summary>The rows of all clips that have labels, best first: rank r stands at r − 1.</summary>
    public ReadOnlySpan<int> Rows => _rows;

    /// <summary>The key of the clip at a place of <see cref="Rows"/>, counted from 0; never rising.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such place.</exception>
    public AgreementKey this[int place]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)place, (uint)_rows.Length, nameof(place));
            var run = Array.BinarySearch(_starts, place);
            return new AgreementKey(_agreements[run >= 0 ? run : ~run - 1], _margins[place]);
        }
    }

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
        var places = new int[labelled];
        var margins = new double[labelled];
        var rows = new int[labelled];
        var agreements = Score(scores, labels, places, margins, rows, cancellation);
        cancellation.ThrowIfCancellationRequested();
        var starts = Places(places, agreements);
        Move(places, margins, rows);
        for (var run = 0; run < starts.Length; run++)
        {
            SortByMargin(margins, rows, starts[run], run + 1 < starts.Length ? starts[run + 1] : labelled);
        }
        return new AgreementRanking(rows, margins, agreements, starts);
    }

    /// <summary>The rows of the best clips, best first.</summary>
    /// <exception cref="InputException">More clips are asked for than have labels, or fewer than one.</exception>
    public ReadOnlySpan<int> Top(int top)
    {
        TopAgreement.RequireClips(top, _rows.Length);
        return _rows.AsSpan(0, top);
    }

    /// <summary>
    /// The rows of the best clips, best first, none of whose classes has more than its share (<see cref="ClassCap"/>); fewer than asked
    /// for where the others run out.
    /// </summary>
    /// <param name="top">How many clips to select.</param>
    /// <param name="labels">The labels that were ranked.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="classCap">The largest share of any one class, over (0, 1].</param>
    /// <exception cref="InputException">
    /// More clips are asked for than have labels, or fewer than one; the cap is no share; a label is no class.
    /// </exception>
    public int[] Top(int top, CompactLabels labels, int classes, double classCap)
    {
        TopAgreement.RequireClips(top, _rows.Length);
        var cap = new ClassCap(classes, classCap, top);
        var own = new int[classes];
        var taken = new List<int>(top);
        for (var place = 0; place < _rows.Length && !cap.IsComplete; place++)
        {
            if (cap.TryTake(Widened(labels[_rows[place]], own, "labels", _rows[place])))
            {
                taken.Add(_rows[place]);
            }
        }
        return [.. taken];
    }

    /// <summary>Fills in each labelled clip's row, margin and the number of its agreement in the list that is returned.</summary>
    private static double[] Score(
        MappedNpy<float> scores, CompactLabels labels, int[] numbers, double[] margins, int[] rows, CancellationToken cancellation)
    {
        var classes = scores.RowLength;
        var windowRows = Math.Max(1, WindowBytes / Math.Max(1, classes * sizeof(float)));
        var own = new int[classes];
        var numberOf = new Dictionary<double, int>();
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
                var agreement = Agreement.OfNumbers(clip, given);
                if (!numberOf.TryGetValue(agreement, out var number))
                {
                    number = numberOf.Count;
                    numberOf.Add(agreement, number);
                }
                numbers[found] = number;
                margins[found] = AgreementKey.MarginOfNumbers(clip, given);
                rows[found++] = row;
            }
        }
        var agreements = new double[numberOf.Count];
        foreach (var (agreement, number) in numberOf)
        {
            agreements[number] = agreement;
        }
        return agreements;
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

    /// <summary>
    /// Sorts the agreements, highest first, replaces each clip's number by its place among clips sorted by agreement, and gives the place
    /// of the first clip of each agreement.
    /// </summary>
    private static int[] Places(int[] numbers, double[] agreements)
    {
        var counts = new int[agreements.Length];
        foreach (var number in numbers)
        {
            counts[number]++;
        }
        var order = Enumerable.Range(0, agreements.Length).ToArray();
        Array.Sort(agreements, order);
        Array.Reverse(agreements);
        Array.Reverse(order);
        var starts = new int[agreements.Length];
        var next = new int[agreements.Length];
        var place = 0;
        for (var run = 0; run < order.Length; run++)
        {
            starts[run] = next[order[run]] = place;
            place += counts[order[run]];
        }
        for (var clip = 0; clip < numbers.Length; clip++)
        {
            numbers[clip] = next[numbers[clip]]++;
        }
        return starts;
    }

    /// <summary>Moves every clip to its place, in place: each swap brings one clip to where it belongs.</summary>
    private static void Move(int[] places, double[] margins, int[] rows)
    {
        for (var at = 0; at < places.Length; at++)
        {
            while (places[at] != at)
            {
                var to = places[at];
                (places[at], places[to]) = (places[to], to);
                (margins[at], margins[to]) = (margins[to], margins[at]);
                (rows[at], rows[to]) = (rows[to], rows[at]);
            }
        }
    }

    /// <summary>Sorts clips of like agreement by margin, descending, and those of like margin by row.</summary>
    private static void SortByMargin(double[] margins, int[] rows, int start, int end)
    {
        var keys = margins.AsSpan(start..end);
        Negate(keys);
        keys.Sort(rows.AsSpan(start..end));
        Negate(keys);
        for (var first = start; first < end;)
        {
            var next = first + 1;
            while (next < end && margins[next] == margins[first])
            {
                next++;
            }
            // The sort does not keep the order of equals.
            rows.AsSpan(first..next).Sort();
            first = next;
        }
    }

    private static void Negate(Span<double> numbers)
    {
        foreach (ref var number in numbers)
        {
            number = -number;
        }
    }
}
