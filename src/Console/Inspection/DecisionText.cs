using System.Globalization;
using OrleansTagging.Abstractions;

namespace OrleansTagging.Commands.Inspection;

/// <summary>Decisions made by hand as text.</summary>
internal static class DecisionText
{
    /// <summary>A decision in one line.</summary>
    public static string Of(ManualDecision? decision) => decision is null ? Figures.Absent : string.Create(
        CultureInfo.InvariantCulture,
        $"{Verb(decision.Kind)} by {decision.By} on {decision.At.UtcDateTime:yyyy-MM-dd HH:mm} UTC: {decision.Reason}");

    /// <summary>What was done.</summary>
    public static string Verb(DecisionKind kind) => kind == DecisionKind.Ban ? "banned" : "promoted";
}
