using Orleans;

namespace OrleansTagging.Abstractions;

/// <summary>A round seen from near: whom it promoted, where the cut fell, and how its selection differs from that of the round before.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.RoundInspection")]
public sealed record RoundInspection
{
    /// <summary>The round.</summary>
    [Id(0)] public required RoundRecord Record { get; init; }

    /// <summary>Noisy clips ranked; 0 before the round has ranked, and then all that follows is empty.</summary>
    [Id(1)] public int Noisy { get; init; }

    /// <summary>The agreement of all noisy clips in bins of equal width over [0, 1]; the last bin holds 1 too.</summary>
    [Id(2)] public HistogramBin[] Histogram { get; init; } = [];

    /// <summary>Clips promoted now and not by the round before, best first.</summary>
    [Id(3)] public string[] CameIn { get; init; } = [];

    /// <summary>Clips that the round before promoted and this one does not, by file name.</summary>
    [Id(4)] public string[] Dropped { get; init; } = [];

    /// <summary>The classes, in their order.</summary>
    [Id(5)] public RoundClass[] Classes { get; init; } = [];

    /// <summary>Clips nearest to the cut that were promoted, by hand or by rank, best first.</summary>
    [Id(6)] public RankedClip[] Above { get; init; } = [];

    /// <summary>Clips nearest to the cut that were not promoted, best first.</summary>
    [Id(7)] public RankedClip[] Below { get; init; } = [];

    /// <summary>
    /// How far the label shares moved since the round before: total variation distance, half the sum of the differences' amounts, over
    /// [0, 1]; <c>null</c> in the first round.
    /// </summary>
    [Id(8)] public double? LabelShift { get; init; }

    /// <summary>The same distance between the promoted clips and the whole noisy set.</summary>
    [Id(9)] public double? LabelShiftFromNoisy { get; init; }

    /// <summary>What ends the rounds by itself; <c>null</c> where nothing does.</summary>
    [Id(10)] public DivergenceLimits? Stop { get; init; }

    /// <summary>The scorer's folds; empty until they are done.</summary>
    [Id(11)] public FoldRecord[] Models { get; init; } = [];
}

/// <summary>A bin of a histogram.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.HistogramBin")]
public sealed record HistogramBin
{
    /// <summary>Its lower end, which belongs to it.</summary>
    [Id(0)] public required double From { get; init; }

    /// <summary>Its upper end, which belongs to the next one.</summary>
    [Id(1)] public required double To { get; init; }

    /// <summary>Clips in it.</summary>
    [Id(2)] public required int Clips { get; init; }

    /// <summary>Promoted ones among them.</summary>
    [Id(3)] public required int Promoted { get; init; }
}

/// <summary>A class in a round. A clip with several labels counts for each; shares are of all labels.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.RoundClass")]
public sealed record RoundClass
{
    /// <summary>The class.</summary>
    [Id(0)] public required string Class { get; init; }

    /// <summary>Noisy clips given this label.</summary>
    [Id(1)] public required int Noisy { get; init; }

    /// <summary>Promoted ones among them.</summary>
    [Id(2)] public required int Promoted { get; init; }

    /// <summary>Those that the round before promoted.</summary>
    [Id(3)] public required int PromotedBefore { get; init; }

    /// <summary>Its share of the labels of the promoted clips.</summary>
    [Id(4)] public required double Share { get; init; }

    /// <summary>Its share in the round before; <c>null</c> in the first round.</summary>
    [Id(5)] public double? ShareBefore { get; init; }

    /// <summary>Its share of the labels of the noisy set.</summary>
    [Id(6)] public required double NoisyShare { get; init; }
}

/// <summary>A clip and its place in a round.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.RankedClip")]
public sealed record RankedClip
{
    /// <summary>File name.</summary>
    [Id(0)] public required string Fname { get; init; }

    /// <summary>The labels it was given.</summary>
    [Id(1)] public required string[] GivenLabels { get; init; }

    /// <summary>Agreement of the given labels.</summary>
    [Id(2)] public required double Agreement { get; init; }

    /// <summary>Margin of the given labels.</summary>
    [Id(3)] public required double Margin { get; init; }

    /// <summary>Rank among all noisy clips, counted from 1.</summary>
    [Id(4)] public required int Rank { get; init; }

    /// <summary>Whether it was promoted.</summary>
    [Id(5)] public required bool Promoted { get; init; }

    /// <summary>The decision made by hand that the round honoured; <c>null</c> where there was none.</summary>
    [Id(6)] public ManualDecision? Decision { get; init; }
}

/// <summary>What ends a curriculum's rounds by itself, as its file says.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.DivergenceLimits")]
public sealed record DivergenceLimits
{
    /// <summary>Least agreement of the last promoted clip.</summary>
    [Id(0)] public double? AgreementAtCut { get; init; }

    /// <summary>Largest fall of the agreement at the cut since the round before.</summary>
    [Id(1)] public double? AgreementFall { get; init; }

    /// <summary>Largest share of the clips promoted before that would no longer be promoted.</summary>
    [Id(2)] public double? Dropped { get; init; }
}

/// <summary>Whom another cut of a round would promote.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.WhatIfCut")]
public sealed record WhatIfCut
{
    /// <summary>The least agreement asked about.</summary>
    [Id(0)] public required double Agreement { get; init; }

    /// <summary>Noisy clips that agree as well or better.</summary>
    [Id(1)] public required int Clips { get; init; }

    /// <summary>Those of them that the round did not promote.</summary>
    [Id(2)] public required int CameIn { get; init; }

    /// <summary>Clips that the round promoted and this cut would not.</summary>
    [Id(3)] public required int Dropped { get; init; }

    /// <summary>Labels of each class among <see cref="Clips"/>, in the order of the classes.</summary>
    [Id(4)] public required int[] PerClass { get; init; }
}
