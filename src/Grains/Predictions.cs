using OrleansTagging.Abstractions;
using OrleansTagging.Labels;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains;

/// <summary>Puts predictions of folds together and measures them.</summary>
internal static class Predictions
{
    /// <summary>lwlrap over the out-of-fold predictions of all folds together; <c>null</c> where no clip has a label.</summary>
    public static async Task<Lwlrap?> CrossValidateAsync(IArtifactStore artifacts, IReadOnlyList<FoldRecord> folds, ClassMap classes)
    {
        var labels = new List<int[]>();
        var scores = new List<float>();
        foreach (var fold in folds)
        {
            var clips = await ClipList.ReadAsync(artifacts, fold.ValidationList!);
            var predicted = await ReadAsync(artifacts, fold.OutOfFold!, clips.Count, classes.Count);
            labels.AddRange(clips.Select(clip => clip.LabelsIn(classes)));
            scores.AddRange(predicted);
        }
        return labels.Exists(clip => clip.Length > 0) ? Lwlrap.Of(labels, scores.ToArray().AsSpan(), classes.Count) : null;
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

    /// <summary>lwlrap against the truth of those clips whose truth is known; <c>null</c> where it is known of none.</summary>
    public static Lwlrap? Evaluate(IReadOnlyList<ListedClip> clips, ReadOnlySpan<double> scores, Truth truth, ClassMap classes)
    {
        var labels = clips.Select(clip => (truth.Of(clip.Fname) ?? [])
            .Where(name => classes.TryGetIndex(name, out _)).Select(classes.IndexOf).ToArray()).ToArray();
        return Array.Exists(labels, clip => clip.Length > 0) ? Lwlrap.Of(labels, scores, classes.Count) : null;
    }

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
