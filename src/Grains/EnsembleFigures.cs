using OrleansTagging.Abstractions;
using OrleansTagging.Labels;
using OrleansTagging.Recipe;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains;

/// <summary>Blends members and measures what comes of it; to be called off the grain's turns.</summary>
internal sealed class EnsembleFigures
{
    private readonly IArtifactStore _artifacts;
    private readonly ExperimentFile _file;
    private readonly ExperimentContext _context;
    private readonly ClassMap _classes;

    /// <summary>Of one experiment.</summary>
    public EnsembleFigures(IArtifactStore artifacts, ExperimentFile file, ExperimentContext context) =>
        (_artifacts, _file, _context, _classes) = (artifacts, file, context, new ClassMap(context.Dataset.Classes));

    /// <summary>The interval of lwlrap over resamples of clips; <c>null</c> where no clip has a label.</summary>
    /// <param name="labels">The labels of each clip.</param>
    /// <param name="scores">Scores [clips, classes], row-major.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="seed">Seed of the resamples.</param>
    public static LwlrapInterval? Interval(IReadOnlyList<int[]> labels, ReadOnlySpan<double> scores, int classes, ulong seed)
    {
        if (!labels.Any(clip => clip.Length > 0))
        {
            return null;
        }
        var interval = Bootstrap.Interval(ClipPrecisions.Of(labels, scores, classes), seed);
        return new LwlrapInterval { Low = interval.Low, High = interval.High };
    }

    /// <summary>The seeds' spreads: of members that came of one entry and differ in their seed alone.</summary>
    public static SeedSpread[] Spreads(ExperimentFile file, IEnumerable<MemberRecord> members)
    {
        var groups = members.GroupBy(member => string.Join(' ',
            [
                file.Members[member.Member].Entry,
                .. file.Members[member.Member].Axes.Where(axis => axis.Key != "seed").Select(axis => $"{axis.Key}={axis.Value}"),
            ]), StringComparer.Ordinal);
        return
        [
            .. groups
                .Where(group => group.Select(member => file.Members[member.Member].Trained.Seed).Distinct().Count() > 1)
                .OrderBy(group => group.Key, StringComparer.Ordinal)
                .Select(group =>
                {
                    var (validation, test) = (Of(group, member => member.CrossValidatedLwlrap), Of(group, member => member.TestLwlrap));
                    return new SeedSpread
                    {
                        Name = group.Key,
                        Members = [.. group.Select(member => member.Member)],
                        CrossValidatedMean = validation?.Mean,
                        CrossValidatedDeviation = validation?.StandardDeviation,
                        TestMean = test?.Mean,
                        TestDeviation = test?.StandardDeviation,
                    };
                }),
        ];

        static Spread? Of(IEnumerable<MemberRecord> members, Func<MemberRecord, double?> figure) =>
            members.Select(figure).ToArray() is var figures && Array.TrueForAll(figures, known => known is not null)
                ? Spread.Of(figures.Select(known => known!.Value))
                : null;
    }

    /// <summary>Blends an ensemble and measures it.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="settings">Its members and how they are blended.</param>
    /// <param name="all">All members of the experiment.</param>
    /// <returns>The record, and the test predictions [clips, classes] as they are submitted.</returns>
    public async Task<(EnsembleRecord Record, double[] Test)> BlendAsync(
        string name, EnsembleSettings settings, IReadOnlyList<MemberRecord> all)
    {
        var members = all.Where(member => settings.Members.Contains(member.Member)).ToArray();
        var method = settings.Method switch
        {
            "fitted" => BlendMethod.Fit,
            "greedy" => BlendMethod.Greedy,
            _ => BlendMethod.Mean,
        };
        var validation = await ValidationAsync(members[0].Folds);
        var labels = validation.SelectMany(fold => fold).ToArray();
        var folds = validation.SelectMany((fold, at) => Enumerable.Repeat(at, fold.Length)).ToArray();
        var outOfFold = await OutOfFoldAsync(settings, members, fold => fold.OutOfFold!);
        var hasLabels = Array.Exists(labels, clip => clip.Length > 0);
        var fit = hasLabels ? BlendFit.Of(labels, folds, outOfFold, _classes.Count, method) : null;
        var weights = fit?.Weights ?? [.. Enumerable.Repeat(1.0 / members.Length, members.Length)];
        var record = new EnsembleRecord
        {
            Name = name,
            Method = settings.Method,
            Members = [.. members.Select(member => member.Member)],
            Weights = weights,
            CrossValidatedLwlrap = fit?.Lwlrap,
            CrossValidatedInterval = Interval(labels, Apply(outOfFold, method, weights), _classes.Count, _file.Seed),
            HonestLwlrap = await HonestAsync(settings, members, labels, folds, method, fit),
        };
        return await MeasureAsync(record, settings, members, method);
    }

    private async Task<double?> HonestAsync(
        EnsembleSettings settings, MemberRecord[] members, int[][] labels, int[] folds, BlendMethod method, BlendFit? fit)
    {
        var keptBest = Array.Exists(members, member => Array.Exists(member.Folds, fold => fold.HonestOutOfFold is not null));
        if (fit is null || (method == BlendMethod.Mean && !keptBest))
        {
            return null;
        }
        return !keptBest
            ? fit.HonestLwlrap
            : BlendFit.Of(
                labels, folds, await OutOfFoldAsync(settings, members, fold => fold.HonestOutOfFold ?? fold.OutOfFold!),
                _classes.Count, method).HonestLwlrap;
    }

    private async Task<(EnsembleRecord Record, double[] Test)> MeasureAsync(
        EnsembleRecord record, EnsembleSettings settings, MemberRecord[] members, BlendMethod method)
    {
        double[] test = [];
        if (Array.TrueForAll(members, member => member.TestPredictions is not null))
        {
            var clips = await ClipList.ReadAsync(_artifacts, _context.Folds.Test);
            test = Apply(await ReadAsync(settings, members.Select(member => member.TestPredictions!), clips.Count), method, record.Weights);
            var truth = await Truth.ReadAsync(_artifacts, _context.Dataset);
            record = record with
            {
                TestLwlrap = truth is null ? null : Predictions.Evaluate(clips, test, truth, _classes)?.Overall,
                TestInterval = truth is null ? null : Interval(truth.LabelsOf(clips, _classes), test, _classes.Count, _file.Seed),
                Leaderboard = await TestScores.OfAsync(_artifacts, _context.Dataset, clips, test, _classes),
                TestPredictions = await Predictions.PutAsync(_artifacts, test, _classes.Count),
            };
        }
        if (_context.Folds.Holdout is { } heldOut)
        {
            var clips = await ClipList.ReadAsync(_artifacts, heldOut);
            var scores = await ReadAsync(settings, members.Select(member => member.HoldoutPredictions!), clips.Count);
            record = record with
            {
                HoldoutLwlrap = Predictions.Evaluate(
                    [.. clips.Select(clip => clip.LabelsIn(_classes))], Apply(scores, method, record.Weights), _classes.Count)?.Overall,
            };
        }
        return (record, test);
    }

    // All members have the same folds, and so the same clips in the same order.
    private async Task<int[][][]> ValidationAsync(FoldRecord[] folds)
    {
        var labels = new List<int[][]>();
        foreach (var fold in folds)
        {
            labels.Add([.. (await ClipList.ReadAsync(_artifacts, fold.ValidationList!)).Select(clip => clip.LabelsIn(_classes))]);
        }
        return [.. labels];
    }

    private async Task<double[][]> OutOfFoldAsync(
        EnsembleSettings settings, MemberRecord[] members, Func<FoldRecord, string> address)
    {
        var scores = new List<double[]>();
        foreach (var member in members)
        {
            var (_, own) = await Predictions.OutOfFoldAsync(_artifacts, member.Folds, _classes, address);
            scores.Add(Ranked(settings, own));
        }
        return [.. scores];
    }

    private async Task<double[][]> ReadAsync(EnsembleSettings settings, IEnumerable<string> addresses, int clips)
    {
        var scores = new List<double[]>();
        foreach (var address in addresses)
        {
            var own = await Predictions.ReadAsync(_artifacts, address, clips, _classes.Count);
            scores.Add(Ranked(settings, Array.ConvertAll(own, score => (double)score)));
        }
        return [.. scores];
    }

    private double[] Ranked(EnsembleSettings settings, double[] scores) =>
        settings.Method == "rank_mean" ? ClassRanks.Of(scores, _classes.Count) : scores;

    private static double[] Apply(double[][] members, BlendMethod method, double[] weights) =>
        method == BlendMethod.Mean ? Blend.Mean(members) : Blend.Weighted(members, weights);
}
