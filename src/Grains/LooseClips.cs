namespace OrleansTagging.Grains;

/// <summary>Clips that belong to no dataset, packed for the sake of a prediction: the three files of a packed dataset.</summary>
public sealed record LooseClips
{
    /// <summary>Path of <c>audio.npy</c>.</summary>
    public required string Audio { get; init; }

    /// <summary>Path of <c>clips.csv</c>.</summary>
    public required string Clips { get; init; }

    /// <summary>Path of <c>dataset.json</c>.</summary>
    public required string Facts { get; init; }

    /// <summary>Their version, as the facts say it.</summary>
    public required string Version { get; init; }

    /// <summary>The clips' names, in the order in which they are predicted.</summary>
    public required IReadOnlyList<string> Names { get; init; }
}
