using FsCheck;
using FsCheck.Fluent;

namespace OrleansTagging.Labels.Tests;

/// <summary>Random clips with several labels, for properties.</summary>
internal static class Multilabel
{
    /// <summary>Clips of which a share has two labels and a few have three; classes are of unequal size.</summary>
    public static int[][] Clips(int clips, int classes, double shareOfTwo, ulong seed)
    {
        var random = SeededRandom.Of(seed, 77);
        var sizes = new double[classes];
        for (var c = 0; c < classes; c++)
        {
            sizes[c] = random.NextDouble(0.2, 1);
        }
        var labels = new int[clips][];
        for (var clip = 0; clip < clips; clip++)
        {
            var draw = random.NextDouble();
            var count = Math.Min(classes, draw < shareOfTwo ? 2 : draw < shareOfTwo + 0.01 ? 3 : 1);
            var own = new HashSet<int>();
            while (own.Count < count)
            {
                var label = random.NextInt(classes);
                if (random.NextDouble() < sizes[label])
                {
                    own.Add(label);
                }
            }
            labels[clip] = [.. own];
        }
        return labels;
    }

    /// <summary>One clip: scores, some of them equal, and at least one label.</summary>
    public static Arbitrary<(double[] Scores, int[] Labels)> ScoredClip(int leastLabels = 1) => (
        from classes in Gen.Choose(1, 90)
        from seed in Gen.Choose(0, int.MaxValue)
        from labels in Gen.Choose(Math.Min(leastLabels, classes), Math.Min(classes, 6))
        select Scored(classes, labels, (ulong)seed)).ToArbitrary();

    /// <summary>Some clips: their labels, none or several, and scores <c>[clips, classes]</c>.</summary>
    public static Arbitrary<(int[][] Labels, double[] Scores, int Classes)> ScoredClips() => (
        from clips in Gen.Choose(1, 40)
        from classes in Gen.Choose(1, 20)
        from seed in Gen.Choose(0, int.MaxValue)
        select Several(clips, classes, (ulong)seed)).ToArbitrary();

    private static (double[] Scores, int[] Labels) Scored(int classes, int labels, ulong seed)
    {
        var random = SeededRandom.Of(seed);
        var scores = new double[classes];
        for (var c = 0; c < classes; c++)
        {
            // Eighths in [-4, 4): exact in float32 too, and often equal.
            scores[c] = (random.NextInt(64) - 32) / 8.0;
        }
        var order = Enumerable.Range(0, classes).ToArray();
        random.Shuffle<int>(order);
        return (scores, order[..labels]);
    }

    private static (int[][] Labels, double[] Scores, int Classes) Several(int clips, int classes, ulong seed)
    {
        var random = SeededRandom.Of(seed, 1);
        var all = Enumerable.Range(0, clips)
            .Select(clip => Scored(classes, clip == 0 ? 1 : random.NextInt(Math.Min(classes, 4) + 1), seed + (ulong)clip))
            .ToArray();
        return ([.. all.Select(clip => clip.Labels)], [.. all.SelectMany(clip => clip.Scores)], classes);
    }
}
