using OrleansTagging.Abstractions;
using OrleansTagging.Labels;
using OrleansTagging.Recipe;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains;

/// <summary>A difference, measured several times.</summary>
/// <param name="Mean">Its mean.</param>
/// <param name="Spread">Standard deviation of the single differences; <c>null</c> where there is but one.</param>
/// <param name="Pairs">How often it was measured.</param>
public sealed record PairedDifference(double Mean, double? Spread, int Pairs)
{
    // The difference of means of normal variables lies within two standard errors in 95 of 100 cases.
    private const double Errors = 2;

    /// <summary>Twice the standard error of the mean.</summary>
    public double? Margin => Spread is { } spread ? Errors * spread / Math.Sqrt(Pairs) : null;

    /// <summary>Of single differences; <c>null</c> where there are none.</summary>
    public static PairedDifference? Of(IReadOnlyList<double> differences)
    {
        if (differences.Count == 0)
        {
            return null;
        }
        var mean = differences.Average();
        var spread = differences.Count == 1
            ? (double?)null
            : Math.Sqrt(differences.Sum(difference => (difference - mean) * (difference - mean)) / (differences.Count - 1));
        return new PairedDifference(mean, spread, differences.Count);
    }
}

/// <summary>What became of a claim.</summary>
public sealed record ContrastRecord
{
    /// <summary>Name of the contrast.</summary>
    public required string Name { get; init; }

    /// <summary>The claim, in a phrase.</summary>
    public required string Claim { get; init; }

    /// <summary>The members and ensembles that have it.</summary>
    public required string[] Members { get; init; }

    /// <summary>Those that lack it.</summary>
    public required string[] Against { get; init; }

    /// <summary>Difference of the lwlrap on the validation clips, by fold and seed.</summary>
    public PairedDifference? CrossValidated { get; init; }

    /// <summary>Difference of the lwlrap on the test clips, by fold and seed; <c>null</c> where their truth is not known.</summary>
    public PairedDifference? Test { get; init; }

    /// <summary>
    /// <c>holds</c> where the cross-validated difference is above twice its standard error, <c>reversed</c> where it is as far below zero,
    /// otherwise <c>within the spread</c>.
    /// </summary>
    public string Verdict => CrossValidated switch
    {
        { Margin: { } margin, Mean: var mean } when mean > margin => "holds",
        { Margin: { } margin, Mean: var mean } when mean < -margin => "reversed",
        _ => "within the spread",
    };
}

/// <summary>
/// Puts the claims of an experiment's file to the test: the lwlrap of two sets of members, fold by fold and seed by seed, so that what a
/// fold or a seed makes easy or hard for both falls out of the difference.
/// </summary>
internal static class Contrasts
{
    /// <summary>Measures the contrasts of a file.</summary>
    public static async Task<ContrastRecord[]> MeasureAsync(
        IArtifactStore artifacts, ExperimentFile file, ExperimentContext context, IReadOnlyList<MemberRecord> members)
    {
        if (file.Contrasts.Count == 0)
        {
            return [];
        }
        var scores = new FoldScores(artifacts, file, context, members);
        var records = new List<ContrastRecord>();
        foreach (var (name, contrast) in file.Contrasts)
        {
            var (with, without) = (await SideAsync(scores, contrast.Members), await SideAsync(scores, contrast.Against));
            records.Add(new ContrastRecord
            {
                Name = name,
                Claim = contrast.Claim,
                Members = contrast.Members,
                Against = contrast.Against,
                CrossValidated = Difference(with, without, run => run.Validation),
                Test = Difference(with, without, run => run.Test),
            });
        }
        return [.. records];
    }

    private static async Task<List<FoldScore>> SideAsync(FoldScores scores, string[] names)
    {
        var side = new List<FoldScore>();
        foreach (var name in names)
        {
            side.AddRange(await scores.OfAsync(name));
        }
        return side;
    }

    private static PairedDifference? Difference(List<FoldScore> with, List<FoldScore> without, Func<FoldScore, double?> measure)
    {
        // By fold alone where the two have not the same seeds: an ensemble over seeds has none of its own.
        var bySeed = with.Select(run => run.Seed).ToHashSet().SetEquals(without.Select(run => run.Seed));
        SortedDictionary<(ulong Seed, int Fold), double> Means(List<FoldScore> side) => new(side
            .Where(run => measure(run) is not null)
            .GroupBy(run => (bySeed ? run.Seed : 0, run.Fold))
            .ToDictionary(runs => runs.Key, runs => runs.Average(run => measure(run)!.Value)));
        var (mine, others) = (Means(with), Means(without));
        return PairedDifference.Of([.. mine.Where(run => others.ContainsKey(run.Key)).Select(run => run.Value - others[run.Key])]);
    }

    /// <summary>The lwlrap of one fold of a member or an ensemble.</summary>
    private sealed record FoldScore(ulong Seed, int Fold, double? Validation, double? Test);

    /// <summary>The lwlrap of each fold of members and ensembles, each measured once.</summary>
    private sealed class FoldScores(
        IArtifactStore artifacts, ExperimentFile file, ExperimentContext context, IReadOnlyList<MemberRecord> members)
    {
        private readonly ClassMap _classes = new(context.Dataset.Classes);
        private readonly Dictionary<string, FoldScore[]> _known = new(StringComparer.Ordinal);
        private List<ListedClip>? _test;
        private Truth? _truth;

        public async Task<FoldScore[]> OfAsync(string name)
        {
            if (_known.TryGetValue(name, out var scores))
            {
                return scores;
            }
            if (_test is null)
            {
                _truth = await Truth.ReadAsync(artifacts, context.Dataset);
                _test = await ClipList.ReadAsync(artifacts, context.Folds.Test);
            }
            var parts = file.Ensembles.TryGetValue(name, out var ensemble) ? ensemble.Members : [name];
            var records = parts.Select(part => members.First(member => member.Member == part)).ToArray();
            var seeds = parts.Select(part => file.Members[part].Trained.Seed).Distinct().ToArray();
            scores = new FoldScore[file.Folds];
            for (var fold = 0; fold < scores.Length; fold++)
            {
                var folds = records.Select(record => record.Folds[fold]).ToArray();
                var validation = await ClipList.ReadAsync(artifacts, folds[0].ValidationList!);
                var outOfFold = await Predictions.MeanAsync(
                    artifacts, folds.Select(part => part.HonestOutOfFold ?? part.OutOfFold!), validation.Count, _classes.Count);
                var labels = validation.Select(clip => clip.LabelsIn(_classes)).ToList();
                double[]? test = _truth is null || _test.Count == 0
                    ? null
                    : (await Predictions.JudgeAsync(artifacts, folds, context)).Test;
                scores[fold] = new FoldScore(
                    seeds.Length == 1 ? seeds[0] : 0,
                    fold,
                    Predictions.Evaluate(labels, outOfFold, _classes.Count)?.Overall,
                    test is null ? null : Predictions.Evaluate(_test, test, _truth!, _classes)?.Overall);
            }
            _known.Add(name, scores);
            return scores;
        }
    }
}
