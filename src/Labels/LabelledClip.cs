namespace OrleansTagging.Labels;

/// <summary>A clip and the classes it is said to hold.</summary>
/// <param name="FileName">The clip's file name, as in the column <c>fname</c>.</param>
/// <param name="Labels">
/// Positions in the <see cref="ClassMap"/>, in the order of the file, none twice; empty for a clip without labels.
/// </param>
public sealed record LabelledClip(string FileName, int[] Labels)
{
    /// <summary>Two clips are equal when they have the same file name and the same labels in the same order.</summary>
    public bool Equals(LabelledClip? other) =>
        other is not null && FileName == other.FileName && Labels.AsSpan().SequenceEqual(other.Labels);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(FileName, StringComparer.Ordinal);
        foreach (var label in Labels)
        {
            hash.Add(label);
        }
        return hash.ToHashCode();
    }
}
