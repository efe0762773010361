using Orleans;

namespace OrleansTagging.Abstractions;

/// <summary>What somebody decided about a noisy clip.</summary>
[GenerateSerializer, Alias("OrleansTagging.DecisionKind")]
public enum DecisionKind
{
    /// <summary>No round selects it, and it is not relabelled either.</summary>
    Ban,

    /// <summary>Every round selects it, whatever its agreement and its class; it counts toward the clips that the round promotes.</summary>
    Promote,
}

/// <summary>A decision about a noisy clip, made by hand; it holds for every round that selects from then on, until it is taken back.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.ManualDecision")]
public sealed record ManualDecision
{
    /// <summary>File name of the clip.</summary>
    [Id(0)] public required string Fname { get; init; }

    /// <summary>What was decided.</summary>
    [Id(1)] public required DecisionKind Kind { get; init; }

    /// <summary>Who decided it.</summary>
    [Id(2)] public required string By { get; init; }

    /// <summary>When, by the silo's clock.</summary>
    [Id(3)] public required DateTimeOffset At { get; init; }

    /// <summary>Why, in one line.</summary>
    [Id(4)] public required string Reason { get; init; }
}

/// <summary>Asks for a decision about a noisy clip.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.DecisionRequest")]
public sealed record DecisionRequest
{
    /// <summary>File name of the clip.</summary>
    [Id(0)] public required string Fname { get; init; }

    /// <summary>What is decided; <c>null</c> takes back what was.</summary>
    [Id(1)] public DecisionKind? Kind { get; init; }

    /// <summary>Who decides it.</summary>
    [Id(2)] public required string By { get; init; }

    /// <summary>Why, in one line; needed unless a decision is taken back.</summary>
    [Id(3)] public string Reason { get; init; } = "";
}

/// <summary>Whether a decision was taken.</summary>
[GenerateSerializer, Immutable, Alias("OrleansTagging.DecisionAnswer")]
public sealed record DecisionAnswer
{
    /// <summary>Why it was refused, in one line; <c>null</c> when it was taken.</summary>
    [Id(0)] public string? Problem { get; init; }

    /// <summary>The decision that holds now; <c>null</c> when there is none.</summary>
    [Id(1)] public ManualDecision? Decision { get; init; }

    /// <summary>The first round that honours it, counted from 1; <c>null</c> when it was refused.</summary>
    [Id(2)] public int? FromRound { get; init; }
}
