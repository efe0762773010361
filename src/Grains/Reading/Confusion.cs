using OrleansTagging.Abstractions;
using OrleansTagging.Labels;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains.Reading;

/// <summary>
/// Which classes a member takes for which, by its out-of-fold predictions of the curated clips. A label of a clip counts as heard where no
/// class that the clip lacks is ranked above it, and as taken for the highest of those classes otherwise.
/// </summary>
public sealed record Confusion
{
    /// <summary>Name of the member.</summary>
    public required string Member { get; init; }

    /// <summary>The class names.</summary>
    public required string[] Classes { get; init; }

    /// <summary>Labels of each class (row) that were taken for each class (column); heard ones on the diagonal.</summary>
    public required int[][] Counts { get; init; }

    /// <summary>Reads the predictions of a member that is done and counts.</summary>
    /// <exception cref="ArtifactMissingException">The store no longer has the predictions.</exception>
    public static async Task<Confusion> OfAsync(Store store, MemberRecord member)
    {
        var classes = new ClassMap(member.Classes);
        var (labels, scores) = await Predictions.OutOfFoldAsync(store.Artifacts, member.Folds, classes, fold => fold.OutOfFold!);
        return new Confusion { Member = member.Member, Classes = member.Classes, Counts = Count(labels, scores, classes.Count) };
    }

    /// <summary>Counts [given, taken for].</summary>
    /// <param name="labels">Given labels of each clip.</param>
    /// <param name="scores">Scores, [clips, classes] row-major.</param>
    /// <param name="classes">Number of classes.</param>
    public static int[][] Count(IReadOnlyList<int[]> labels, ReadOnlySpan<double> scores, int classes)
    {
        var counts = Enumerable.Range(0, classes).Select(_ => new int[classes]).ToArray();
        for (var clip = 0; clip < labels.Count; clip++)
        {
            var row = scores.Slice(clip * classes, classes);
            var rival = -1;
            for (var other = 0; other < classes; other++)
            {
                if (!labels[clip].Contains(other) && (rival < 0 || row[other] > row[rival]))
                {
                    rival = other;
                }
            }
            foreach (var label in labels[clip])
            {
                counts[label][rival >= 0 && row[rival] > row[label] ? rival : label]++;
            }
        }
        return counts;
    }
}
