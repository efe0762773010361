using System.Globalization;

namespace OrleansTagging.Labels;

/// <summary>A clip with its place among all clips by agreement.</summary>
/// <param name="Clip">The clip and its given labels.</param>
/// <param name="Rank">Its place, 1 for the clip that agrees best; no two clips share one.</param>
/// <param name="Agreement">The agreement of its given labels with the predictions, over (0, 1].</param>
public sealed record RankedClip(LabelledClip Clip, int Rank, double Agreement);

/// <summary>
/// The clips whose given labels agree best with the predictions: by agreement, descending; ties by file name, ordinally. The
/// selection of the third-place solution's curriculum. For millions of clips see <see cref="AgreementRanking"/>.
/// </summary>
public static class TopAgreement
{
    /// <summary>The best <paramref name="top"/> clips, best first.</summary>
    /// <param name="labels">The clips and their given labels; clips without labels cannot agree and are passed over.</param>
    /// <param name="predictions">Predictions for at least the clips that have labels, in any order.</param>
    /// <param name="top">How many clips to select.</param>
    /// <exception cref="InputException">
    /// More clips are asked for than have labels, a clip that has labels is not predicted, or the classes differ.
    /// </exception>
    public static IReadOnlyList<RankedClip> Select(LabelTable labels, PredictionTable predictions, int top)
    {
        PredictionTable.RequireSameClasses(labels.Classes, predictions.Classes);
        var clips = labels.Clips.Where(clip => clip.Labels.Length > 0).ToArray();
        var agreements = clips.Select(clip => Agreement.Of(predictions.Row(predictions.RequiredRow(clip.FileName)), clip.Labels));
        return Select(clips, [.. agreements], top);
    }

    /// <summary>The best <paramref name="top"/> of clips whose agreement is known, best first.</summary>
    /// <param name="clips">The clips.</param>
    /// <param name="agreements">The agreement of each clip, <c>[clips]</c>.</param>
    /// <param name="top">How many clips to select.</param>
    /// <exception cref="ArgumentException">There is not one agreement a clip, or one is NaN.</exception>
    /// <exception cref="InputException">More clips are asked for than there are, or fewer than one.</exception>
    public static IReadOnlyList<RankedClip> Select(IReadOnlyList<LabelledClip> clips, ReadOnlySpan<double> agreements, int top)
    {
        if (agreements.Length != clips.Count || Agreement.HasNaN(agreements))
        {
            throw new ArgumentException($"{clips.Count} clips need as many agreements, each a number.", nameof(agreements));
        }
        RequireClips(top, clips.Count);
        var keys = agreements.ToArray();
        var order = Enumerable.Range(0, clips.Count).ToArray();
        Array.Sort(order, (one, other) =>
        {
            var byAgreement = keys[other].CompareTo(keys[one]);
            return byAgreement != 0 ? byAgreement : string.CompareOrdinal(clips[one].FileName, clips[other].FileName);
        });
        return [.. order.Take(top).Select((clip, place) => new RankedClip(clips[clip], place + 1, keys[clip]))];
    }

    /// <summary>
    /// Writes a selection in its order, whole or not at all: <c>fname,labels,agreement,rank</c>, readable as a <see cref="LabelTable"/>.
    /// </summary>
    public static void Write(string path, ClassMap classes, IEnumerable<RankedClip> selection) => CsvFile.Write(path, csv =>
    {
        foreach (var column in (ReadOnlySpan<string>)["fname", "labels", "agreement", "rank"])
        {
            csv.WriteField(column);
        }
        csv.NextRecord();
        foreach (var ranked in selection)
        {
            csv.WriteField(ranked.Clip.FileName);
            csv.WriteField(LabelTable.Cell(classes, ranked.Clip.Labels));
            csv.WriteField(ranked.Agreement.ToString("R", CultureInfo.InvariantCulture));
            csv.WriteField(ranked.Rank.ToString(CultureInfo.InvariantCulture));
            csv.NextRecord();
        }
    });

    internal static void RequireClips(int top, int clips)
    {
        if (top < 1)
        {
            throw new InputException($"A selection of the top {top} clips is asked for; ask for at least one.");
        }
        if (top > clips)
        {
            throw new InputException(
                $"A selection of the top {top} clips is asked for, but only {clips} clips have labels; ask for at most as many.");
        }
    }
}
