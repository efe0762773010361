using System.Text.Json.Serialization;
using YamlDotNet.Serialization;

namespace OrleansTagging.Recipe;

/// <summary>A curriculum: round after round the noisy clips whose given labels agree best with the scorer's predictions join the curated ones.</summary>
public sealed record CurriculumSettings
{
    /// <summary>What may become of the noisy clips that the last round did not promote.</summary>
    public static IReadOnlyList<string> Rests { get; } = ["drop", "relabel", "merge", "full_match"];

    /// <summary>Which models may score a clip.</summary>
    public static IReadOnlyList<string> Scorings { get; } = ["cross_fitted", "all_folds"];

    /// <summary>Which folds may train on a promoted clip.</summary>
    public static IReadOnlyList<string> Shares { get; } = ["other_folds", "own_fold", "all_folds"];

    /// <summary>Name of the model that scores the noisy clips.</summary>
    public string Scorer { get; init; } = "";

    /// <summary>Number of clips promoted in each round; every round selects anew.</summary>
    public int[] Rounds { get; init; } = [];

    /// <summary>In place of <see cref="Rounds"/>: the share of the noisy set promoted in each round, over (0, 1].</summary>
    public double[] RoundShares { get; init; } = [];

    /// <summary>
    /// What becomes of the other noisy clips after the last round, in the selection <c>&lt;curriculum&gt;@relabelled</c>: they are <c>drop</c>ped;
    /// <c>relabel</c>: their labels are what the model predicts; <c>merge</c>: the given and the predicted ones; <c>full_match</c>: those stay whose
    /// predicted labels are the given ones.
    /// </summary>
    public string Rest { get; init; } = "drop";

    /// <summary>Mean number of labels a clip that the threshold of <see cref="Rest"/> aims at; <c>null</c>: that of the curated set.</summary>
    public double? LabelsPerClip { get; init; }

    /// <summary>
    /// Who scores a clip: <c>cross_fitted</c>, the models that were never trained on it, or <c>all_folds</c>, the author's plain average, which from
    /// the second round on also asks models that were.
    /// </summary>
    public string Scoring { get; init; } = "cross_fitted";

    /// <summary>
    /// Who is trained on a promoted clip: <c>other_folds</c>, all but the clip's own fold; <c>own_fold</c>, that one alone, so that each fold
    /// gets its part of them; <c>all_folds</c>.
    /// </summary>
    public string Share { get; init; } = "other_folds";

    /// <summary>Largest share of the promoted clips that may have any one class; <c>null</c> where there is no cap.</summary>
    public double? ClassCap { get; init; }

    /// <summary>When the rounds end by themselves; <c>null</c> where they never do.</summary>
    public DivergenceSettings? DivergenceStop { get; init; }

    /// <summary>Name of the entry in the file that it came of; its own where nothing varies.</summary>
    [YamlIgnore]
    public string Entry { get; init; } = "";

    /// <summary>What sets it apart from the others of its entry: the value of each setting that varies, by the setting's path.</summary>
    [YamlIgnore]
    public SortedDictionary<string, string> Axes { get; init; } = new(StringComparer.Ordinal);

    /// <summary>The scorer with all its settings.</summary>
    [YamlIgnore]
    public TrainedModel Trained { get; init; } = null!;

    /// <summary>Number of rounds.</summary>
    [YamlIgnore, JsonIgnore]
    public int RoundCount => Math.Max(Rounds.Length, RoundShares.Length);

    /// <summary>Clips that a round, counted from 1, promotes out of <paramref name="noisy"/>.</summary>
    public int Promotes(int round, int noisy) =>
        Rounds.Length > 0 ? Rounds[round - 1] : Math.Max(1, (int)Math.Round(RoundShares[round - 1] * noisy, MidpointRounding.AwayFromZero));
}

/// <summary>
/// When a round's predictions have diverged from the given labels so far that its promotions are not to be trusted: any of these ends the
/// rounds, and that round's selection is not used.
/// </summary>
public sealed record DivergenceSettings
{
    /// <summary>Least agreement of the last promoted clip.</summary>
    public double? AgreementAtCut { get; init; }

    /// <summary>Largest fall of the agreement at the cut since the round before.</summary>
    public double? AgreementFall { get; init; }

    /// <summary>Largest share of the clips promoted before that would no longer be promoted.</summary>
    public double? Dropped { get; init; }
}
