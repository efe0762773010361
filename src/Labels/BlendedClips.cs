namespace OrleansTagging.Labels;

/// <summary>
/// Clips with labels and the scores of a blend's members for them: what weights are found on, and what blends are measured on.
/// </summary>
internal sealed class BlendedClips
{
    private readonly IReadOnlyList<int[]> _labels;
    private readonly int _mostLabels;

    private BlendedClips(IReadOnlyList<int[]> labels, IReadOnlyList<double[]> members, int classes, int[] clips)
    {
        _labels = labels;
        Members = members;
        Classes = classes;
        Clips = clips;
        LabelCount = clips.Sum(clip => labels[clip].Length);
        _mostLabels = clips.Length == 0 ? 0 : clips.Max(clip => labels[clip].Length);
    }

    /// <summary>The scores of each member, <c>[all clips, classes]</c>.</summary>
    public IReadOnlyList<double[]> Members { get; }

    public int Classes { get; }

    /// <summary>The rows of the clips, rising; each has a label.</summary>
    public int[] Clips { get; }

    /// <summary>How many labels the clips have together.</summary>
    public int LabelCount { get; }

    /// <summary>The clips that have labels, checked.</summary>
    public static BlendedClips Of(IReadOnlyList<int[]> labels, IReadOnlyList<double[]> members, int classes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(classes);
        if (members.Count == 0)
        {
            throw new InputException("A blend needs at least one member.");
        }
        for (var member = 0; member < members.Count; member++)
        {
            if (members[member].Length != (long)labels.Count * classes)
            {
                throw new ArgumentException(
                    $"Member {member + 1} of the blend has {members[member].Length} scores for {labels.Count} clips of {classes} classes.",
                    nameof(members));
            }
            if (Array.Exists(members[member], score => !double.IsFinite(score)))
            {
                throw new ArgumentException($"Member {member + 1} of the blend has a score that is not finite.", nameof(members));
            }
        }
        var clips = Enumerable.Range(0, labels.Count).Where(clip => labels[clip].Length > 0).ToArray();
        if (clips.Length == 0)
        {
            throw new InputException("No clip has a label, so that there is nothing to compare the predictions with.");
        }
        foreach (var clip in clips)
        {
            foreach (var label in labels[clip])
            {
                if ((uint)label >= (uint)classes)
                {
                    throw new ArgumentException($"The label {label} is none of {classes} classes.", nameof(labels));
                }
            }
        }
        return new BlendedClips(labels, members, classes, clips);
    }

    /// <summary>The weights of one member alone.</summary>
    public static double[] Only(int member, int members)
    {
        var weights = new double[members];
        weights[member] = 1;
        return weights;
    }

    /// <summary>Some of the clips.</summary>
    public BlendedClips Where(Func<int, bool> wanted) => new(_labels, Members, Classes, [.. Clips.Where(wanted)]);

    public int[] LabelsOf(int clip) => _labels[clip];

    public ReadOnlySpan<double> Row(int member, int clip) => Members[member].AsSpan(clip * Classes, Classes);

    /// <summary>
    /// Blends the scores of one clip, as <see cref="Blend.Weighted(IReadOnlyList{double[]}, IReadOnlyList{double})"/> does.
    /// </summary>
    public void BlendRow(ReadOnlySpan<double> weights, int clip, Span<double> row)
    {
        row.Clear();
        var even = !weights.ContainsAnyExcept(weights[0]);
        for (var member = 0; member < weights.Length; member++)
        {
            if (weights[member] > 0)
            {
                Blend.AddRow(row, Row(member, clip), even ? 1 : weights[member]);
            }
        }
        if (even)
        {
            foreach (ref var score in row)
            {
                score /= weights.Length;
            }
        }
    }

    /// <summary>lwlrap of the blend.</summary>
    public double Lwlrap(ReadOnlySpan<double> weights) => Precisions(weights) / LabelCount;

    /// <summary>The precisions of the blend at the labels of all clips, added up.</summary>
    public double Precisions(ReadOnlySpan<double> weights)
    {
        var row = new double[Classes];
        var precisions = new double[_mostLabels];
        var sum = 0.0;
        foreach (var clip in Clips)
        {
            BlendRow(weights, clip, row);
            sum += PrecisionsOf(row, clip, precisions);
        }
        return sum;
    }

    /// <summary>The precisions of the members' unweighted sum and one of them once more, added up.</summary>
    /// <param name="sums">A sum of members, <c>[clips, classes]</c>, a row for each of <see cref="Clips"/>.</param>
    /// <param name="member">The member to add.</param>
    public double PrecisionsWith(ReadOnlySpan<double> sums, int member)
    {
        var row = new double[Classes];
        var precisions = new double[_mostLabels];
        var sum = 0.0;
        for (var at = 0; at < Clips.Length; at++)
        {
            sums.Slice(at * Classes, Classes).CopyTo(row);
            Blend.AddRow(row, Row(member, Clips[at]), 1);
            sum += PrecisionsOf(row, Clips[at], precisions);
        }
        return sum;
    }

    private double PrecisionsOf(ReadOnlySpan<double> row, int clip, Span<double> precisions)
    {
        var labels = _labels[clip];
        Agreement.Precisions(row, labels, precisions);
        var sum = 0.0;
        foreach (var precision in precisions[..labels.Length])
        {
            sum += precision;
        }
        return sum;
    }
}
