namespace OrleansTagging.Grains;

/// <summary>One thing that an experiment made, or was made of, and what it follows from.</summary>
public sealed record LineageNode
{
    /// <summary>
    /// Its id, which no other thing of the store has: <c>dataset/synthetic</c>, <c>demo/folds</c>, a job's id,
    /// <c>demo/main.scorer/curated/0</c>, <c>demo/main@1</c>, <c>demo/members/promoted</c>, <c>demo/ensembles/ensemble</c>,
    /// <c>demo/submission</c>, <c>demo/report</c>.
    /// </summary>
    public required string Id { get; init; }

    /// <summary>
    /// What it is: <c>dataset</c>, <c>folds</c>, <c>job</c>, <c>fold</c>, <c>round</c>, <c>rest</c>, <c>member</c>, <c>ensemble</c>,
    /// <c>report</c>, <c>submission</c>.
    /// </summary>
    public required string Kind { get; init; }

    /// <summary>What determines it or is said of it, by name: a job's code version, model and settings, say.</summary>
    public SortedDictionary<string, string> Facts { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Addresses of the artifacts that it left, by what they are.</summary>
    public SortedDictionary<string, string> Artifacts { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Ids of what it was made of.</summary>
    public string[] From { get; init; } = [];
}
