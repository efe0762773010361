using OrleansTagging.Abstractions;
using OrleansTagging.Labels;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains;

/// <summary>Puts predictions of folds together and measures them.</summary>
internal static class Predictions
{
    /// <summary>The labels and the out-of-fold predictions of all folds together, fold after fold.</summary>
    /// <param name="artifacts">The store.</param>
    /// <param name="folds">The folds.</param>
    /// <param name="classes">The classes.</param>
    /// <param name="address">Which predictions of a fold.</param>
    public static async Task<(List<int[]> Labels, double[] Scores)> OutOfFoldAsync(
        IArtifactStore artifacts, IReadOnlyList<FoldRecord> folds, ClassMap classes, Func<FoldRecord, string> address)
    {
        var labels = new List<int[]>();
        var scores = new List<double>();
        foreach (var fold in folds)
        {
            var clips = await ClipList.ReadAsync(artifacts, fold.ValidationList!);
            var predicted = await ReadAsync(artifacts, address(fold), clips.Count, classes.Count);
            labels.AddRange(clips.Select(clip => clip.LabelsIn(classes)));
            scores.AddRange(predicted.Select(score => (double)score));
        }
        return (labels, [.. scores]);
    }

    /// <summary>lwlrap over the out-of-fold predictions of all folds together; <c>null</c> where no clip has a label.</summary>
    public static async Task<Lwlrap?> CrossValidateAsync(IArtifactStore artifacts, IReadOnlyList<FoldRecord> folds, ClassMap classes)
    {
        var (labels, scores) = await OutOfFoldAsync(artifacts, folds, classes, fold => fold.OutOfFold!);
        return Evaluate(labels, scores, classes.Count);
    }

    /// <summary>The mean of predictions of the same clips, [clips, classes] row-major; added in the order given.</summary>
    public static async Task<double[]> MeanAsync(IArtifactStore artifacts, IEnumerable<string> addresses, int clips, int classes)
    {
        var members = new List<float[]>();
        foreach (var address in addresses)
        {
            members.Add(await ReadAsync(artifacts, address, clips, classes));
        }
        return Blend.Mean(members);
    }

    /// <summary>
    /// The mean over folds of what their models predict for the clips that members are measured on: test clips, then held-out ones, both
    /// [clips, classes] row-major.
    /// </summary>
    public static async Task<(double[] Test, double[] Holdout)> JudgeAsync(
        IArtifactStore artifacts, IEnumerable<FoldRecord> folds, ExperimentContext context)
    {
        var classes = context.Dataset.Classes.Length;
        var mean = await MeanAsync(artifacts, folds.Select(fold => fold.TestPredictions!), context.Folds.JudgedClips, classes);
        var test = (await ClipList.ReadAsync(artifacts, context.Folds.Test)).Count * classes;
        return (mean[..test], mean[test..]);
    }

    /// <summary>lwlrap against the truth of those clips whose truth is known; <c>null</c> where it is known of none.</summary>
    public static Lwlrap? Evaluate(IReadOnlyList<ListedClip> clips, ReadOnlySpan<double> scores, Truth truth, ClassMap classes) =>
        Evaluate(truth.LabelsOf(clips, classes), scores, classes.Count);

    /// <summary>lwlrap of labelled clips; <c>null</c> where none has a label.</summary>
    public static Lwlrap? Evaluate(IReadOnlyList<int[]> labels, ReadOnlySpan<double> scores, int classes) =>
        labels.Any(clip => clip.Length > 0) ? Lwlrap.Of(labels, scores, classes) : null;

    /// <summary>Stores predictions, [clips, classes] row-major.</summary>
    public static Task<string> PutAsync(IArtifactStore artifacts, double[] scores, int classes) => artifacts.WriteAsync(
        file => NpyFile.Write(file, [scores.Length / classes, classes], Array.ConvertAll(scores, score => (float)score).AsSpan()), "npy");

    /// <summary>Reads predictions and checks their shape.</summary>
    /// <exception cref="InputException">They are not [clips, classes].</exception>
    public static async Task<float[]> ReadAsync(IArtifactStore artifacts, string address, int clips, int classes)
    {
        await using var stream = await artifacts.OpenReadAsync(address);
        var array = NpyFile.Read<float>(stream, address);
        return array.Shape is [var rows, var columns] && rows == clips && columns == classes
            ? array.Values
            : throw new InputException(
                $"{address}: predictions of [{string.Join(", ", array.Shape)}] where [{clips}, {classes}] are needed.");
    }
}

/// <summary>The true labels of clips, where they are known. Only reports read it.</summary>
internal sealed class Truth
{
    private readonly Dictionary<string, string[]> _labels;

    private Truth(Dictionary<string, string[]> labels) => _labels = labels;

    /// <summary>Reads the truth of a dataset; <c>null</c> where it is not known.</summary>
    public static async Task<Truth?> ReadAsync(IArtifactStore artifacts, DatasetRecord dataset)
    {
        if (dataset.Truth is null)
        {
            return null;
        }
        var labels = new Dictionary<string, string[]>(StringComparer.Ordinal);
        foreach (var clip in await ClipList.ReadAsync(artifacts, dataset.Truth))
        {
            labels[clip.Fname] = clip.Labels.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        }
        return new Truth(labels);
    }

    /// <summary>The true labels of a clip; <c>null</c> where they are not known.</summary>
    public string[]? Of(string fname) => _labels.GetValueOrDefault(fname);

    /// <summary>The true labels of clips as positions in the class map; none where they are not known.</summary>
    public int[][] LabelsOf(IEnumerable<ListedClip> clips, ClassMap classes) => [.. clips.Select(clip => (Of(clip.Fname) ?? [])
        .Where(name => classes.TryGetIndex(name, out _)).Select(classes.IndexOf).ToArray())];

    /// <summary>
    /// Share of the clips whose given labels are all true, among those whose truth is known; <c>null</c> where it is known of none.
    /// </summary>
    public double? ShareRight(IEnumerable<ListedClip> clips)
    {
        var (known, right) = (0, 0);
        foreach (var clip in clips)
        {
            if (Of(clip.Fname) is { } truth)
            {
                known++;
                right += clip.Labels.Split(',').All(truth.Contains) ? 1 : 0;
            }
        }
        return known == 0 ? null : (double)right / known;
    }
}
