using System.Globalization;

namespace OrleansTagging.Labels;

/// <summary>A clip with its place among all clips by agreement.</summary>
/// <param name="Clip">The clip and its given labels.</param>
/// <param name="Rank">Its place, 1 for the clip that agrees best; no two clips share one.</param>
/// <param name="Key">The agreement of its given labels with the predictions, and their margin.</param>
public sealed record RankedClip(LabelledClip Clip, int Rank, AgreementKey Key)
{
    /// <summary>The agreement, over (0, 1].</summary>
    public double Agreement => Key.Agreement;

    /// <summary>The margin of the given labels over the best other class, in the units of the scores.</summary>
    public double Margin => Key.Margin;
}

/// <summary>
/// The clips whose given labels agree best with the predictions: by agreement, descending; ties by margin, descending
/// (<see cref="AgreementKey"/>), then by file name, ordinally. The selection of the third-place solution's curriculum. For millions of
/// clips see <see cref="AgreementRanking"/>.
/// </summary>
public static class TopAgreement
{
    /// <summary>The best <paramref name="top"/> clips, best first.</summary>
    /// <param name="labels">The clips and their given labels; clips without labels cannot agree and are passed over.</param>
    /// <param name="predictions">Predictions for at least the clips that have labels, in any order.</param>
    /// <param name="top">How many clips to select.</param>
    /// <param name="classCap">
    /// The largest share of any one class among them (<see cref="ClassCap"/>). Below 1, clips are passed over, ranks have gaps, and fewer
    /// than <paramref name="top"/> may be found.
    /// </param>
    /// <exception cref="InputException">
    /// More clips are asked for than have labels, a clip that has labels is not predicted, the classes differ, or the cap is no share.
    /// </exception>
    public static IReadOnlyList<RankedClip> Select(LabelTable labels, PredictionTable predictions, int top, double classCap = 1)
    {
        PredictionTable.RequireSameClasses(labels.Classes, predictions.Classes);
        var clips = labels.Clips.Where(clip => clip.Labels.Length > 0).ToArray();
        var keys = clips.Select(clip => AgreementKey.Of(predictions.Row(predictions.RequiredRow(clip.FileName)), clip.Labels));
        if (classCap == 1)
        {
            return Select(clips, [.. keys], top);
        }
        RequireClips(top, clips.Length);
        var cap = new ClassCap(labels.Classes.Count, classCap, top);
        return [.. Select(clips, [.. keys], clips.Length).Where(ranked => cap.TryTake(ranked.Clip.Labels))];
    }

    /// <summary>The best <paramref name="top"/> of clips whose keys are known, best first.</summary>
    /// <param name="clips">The clips.</param>
    /// <param name="keys">The key of each clip, <c>[clips]</c>.</param>
    /// <param name="top">How many clips to select.</param>
    /// <exception cref="ArgumentException">There is not one key a clip, or a figure in one is NaN.</exception>
    /// <exception cref="InputException">More clips are asked for than there are, or fewer than one.</exception>
    public static IReadOnlyList<RankedClip> Select(IReadOnlyList<LabelledClip> clips, ReadOnlySpan<AgreementKey> keys, int top)
    {
        if (keys.Length != clips.Count)
        {
            throw new ArgumentException($"{clips.Count} clips need as many keys.", nameof(keys));
        }
        foreach (var key in keys)
        {
            if (double.IsNaN(key.Agreement) || double.IsNaN(key.Margin))
            {
                throw new ArgumentException("An agreement or a margin is NaN.", nameof(keys));
            }
        }
        RequireClips(top, clips.Count);
        var kept = keys.ToArray();
        var order = Enumerable.Range(0, clips.Count).ToArray();
        Array.Sort(order, (one, other) =>
        {
            var byKey = kept[other].CompareTo(kept[one]);
            return byKey != 0 ? byKey : string.CompareOrdinal(clips[one].FileName, clips[other].FileName);
        });
        return [.. order.Take(top).Select((clip, place) => new RankedClip(clips[clip], place + 1, kept[clip]))];
    }

    /// <summary>
    /// Writes a selection in its order, whole or not at all: <c>fname,labels,agreement,margin,rank</c>, readable as a
    /// <see cref="LabelTable"/>.
    /// </summary>
    public static void Write(string path, ClassMap classes, IEnumerable<RankedClip> selection) => CsvFile.Write(path, csv =>
    {
        foreach (var column in (ReadOnlySpan<string>)["fname", "labels", "agreement", "margin", "rank"])
        {
            csv.WriteField(column);
        }
        csv.NextRecord();
        foreach (var ranked in selection)
        {
            csv.WriteField(ranked.Clip.FileName);
            csv.WriteField(LabelTable.Cell(classes, ranked.Clip.Labels));
            csv.WriteField(ranked.Agreement.ToString("R", CultureInfo.InvariantCulture));
            csv.WriteField(ranked.Margin.ToString("R", CultureInfo.InvariantCulture));
            csv.WriteField(ranked.Rank.ToString(CultureInfo.InvariantCulture));
            csv.NextRecord();
        }
    });

    internal static void RequireWanted(int top)
    {
        if (top < 1)
        {
            throw new InputException($"A selection of the top {top} clips is asked for; ask for at least one.");
        }
    }

    internal static void RequireClips(int top, int clips)
    {
        RequireWanted(top);
        if (top > clips)
        {
            throw new InputException(
                $"A selection of the top {top} clips is asked for, but only {clips} clips have labels; ask for at most as many.");
        }
    }
}
