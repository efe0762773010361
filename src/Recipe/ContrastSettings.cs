namespace OrleansTagging.Recipe;

/// <summary>
/// A claim that an experiment puts to the test: members beside others that lack one thing. The report gives the mean difference of their
/// lwlrap and its spread over folds and seeds.
/// </summary>
public sealed record ContrastSettings
{
    /// <summary>What should be seen, in a phrase; it is printed beside the figures.</summary>
    public string Claim { get; init; } = "";

    /// <summary>
    /// The members that have it; a name with <c>*</c> stands for all that it fits, that of an entry for all it became, and that of one of
    /// <see cref="ExperimentFile.Ensembles"/> for the ensemble.
    /// </summary>
    public string[] Members { get; init; } = [];

    /// <summary>The members that lack it, named alike.</summary>
    public string[] Against { get; init; } = [];
}
