using System.Text;
using OrleansTagging.Audio.Synthesis;
using OrleansTagging.Labels;

namespace OrleansTagging.Audio;

/// <summary>What a synthetic dataset holds.</summary>
public sealed record SyntheticReport
{
    /// <summary>The classes in their order.</summary>
    public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>The number of curated clips.</summary>
    public required int Curated { get; init; }

    /// <summary>The number of noisy clips.</summary>
    public required int Noisy { get; init; }

    /// <summary>The number of noisy clips whose labels are wrong.</summary>
    public required int NoisyWrong { get; init; }

    /// <summary>The number of test clips.</summary>
    public required int Test { get; init; }

    /// <summary>The length of all clips together, in hours.</summary>
    public required double Hours { get; init; }
}

/// <summary>
/// A dataset made by physical models and noise processes, in FSDKaggle2019's layout: trusted and doubtful training clips and a test set,
/// of sixteen classes, WAV of 16 bits at <see cref="Rate"/> Hz. Clips last from 0.3 to 8 s, about 2 s on average; 15 % of every set
/// hold two sounds. Noisy clips are poorly recorded and 45 % of them wrongly labelled. Three quarters of the test clips are recorded
/// like the curated ones, the rest like the noisy ones.
/// </summary>
/// <remarks>
/// The truth about noisy and test clips is in <c>truth.csv</c> (<c>fname,labels,subset,correct</c>), which no training code reads. Same
/// seed and scale, same bytes, on any number of threads.
/// </remarks>
public static class SyntheticDataset
{
    /// <summary>Samples a second, in Hz: half the rate of Freesound's set, so that a demo trains on two cores in minutes.</summary>
    public const int Rate = 22_050;

    /// <summary>Curated clips at scale 1: fifteen a class.</summary>
    public const int CuratedClips = 240;

    /// <summary>Noisy clips at scale 1.</summary>
    public const int NoisyClips = 480;

    /// <summary>Test clips at scale 1.</summary>
    public const int TestClips = 240;

    /// <summary>The share of clips, of every set, that hold two sounds.</summary>
    public const double TwoLabelShare = 0.15;

    /// <summary>The share of noisy clips whose given labels are wrong.</summary>
    public const double WrongShare = 0.45;

    /// <summary>The share of test clips that are recorded like noisy ones.</summary>
    public const double PoorTestShare = 0.25;

    /// <summary>The shortest clip, in seconds.</summary>
    public const double ShortestSeconds = 0.3;

    /// <summary>The longest clip, in seconds.</summary>
    public const double LongestSeconds = 8;

    private const double LargestScale = 1_000;
    private const double MedianSeconds = 1.6;

    // What a stream of random numbers is for; a part of its key.
    private const ulong NamePurpose = 1;
    private const ulong PlanPurpose = 2;
    private const ulong SoundPurpose = 3;
    private const ulong RecordingPurpose = 4;

    /// <summary>The names of the classes, in their order.</summary>
    public static IReadOnlyList<string> ClassNames { get; } = [.. SoundClasses.All.Select(sound => sound.Name)];

    /// <summary>Writes a dataset.</summary>
    /// <param name="folder">The folder; absent or empty. It appears whole, at the end.</param>
    /// <param name="seed">The seed of everything.</param>
    /// <param name="scale">How many clips, 1 for <see cref="CuratedClips"/>, <see cref="NoisyClips"/> and <see cref="TestClips"/>.</param>
    /// <param name="cancellation">Ends the writing and removes what was written.</param>
    /// <exception cref="InputException">The folder is not empty, or the scale is not above 0 and at most 1000.</exception>
    public static SyntheticReport Write(string folder, ulong seed, double scale, CancellationToken cancellation)
    {
        if (!(scale > 0 && scale <= LargestScale))
        {
            throw new InputException($"A scale of {scale} is not possible; it is above 0 and at most {LargestScale}.");
        }
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (File.Exists(folder) || (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()))
        {
            throw new InputException($"{folder}: something is there already; give an empty folder.");
        }
        var plans = Plan(seed, scale);
        var partial = $"{folder}.{Guid.NewGuid():N}.partial";
        try
        {
            foreach (var place in Enum.GetValues<ClipSubset>())
            {
                Directory.CreateDirectory(Path.Combine(partial, FolderOf(place)));
            }
            Parallel.ForEach(plans, new ParallelOptions { CancellationToken = cancellation }, plan =>
                WaveFile.WritePcm16(Path.Combine(partial, FolderOf(plan.Subset), plan.FileName), Render(seed, plan), Rate));
            WriteTables(partial, plans);
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder);
            }
            Directory.Move(partial, folder);
        }
        catch
        {
            if (Directory.Exists(partial))
            {
                Directory.Delete(partial, recursive: true);
            }
            throw;
        }
        return new SyntheticReport
        {
            Classes = ClassNames,
            Curated = plans.Count(plan => plan.Subset == ClipSubset.Curated),
            Noisy = plans.Count(plan => plan.Subset == ClipSubset.Noisy),
            NoisyWrong = plans.Count(plan => plan.Subset == ClipSubset.Noisy && !plan.IsCorrect),
            Test = plans.Count(plan => plan.Subset == ClipSubset.Test),
            Hours = plans.Sum(plan => (long)plan.Samples) / (3600.0 * Rate),
        };
    }

    private static List<ClipPlan> Plan(ulong seed, double scale)
    {
        var plans = new List<ClipPlan>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (subset, clips) in new[]
        {
            (ClipSubset.Curated, CuratedClips), (ClipSubset.Noisy, NoisyClips), (ClipSubset.Test, TestClips),
        })
        {
            // Every class is in every set, however small.
            var count = Math.Max(ClassNames.Count, (int)Math.Round(scale * clips));
            var random = SeededRandom.Of(seed, PlanPurpose, (ulong)subset);
            var first = subset == ClipSubset.Curated ? Balanced(ref random, count) : Uniform(ref random, count);
            var hasTwo = Some(ref random, count, TwoLabelShare);
            var isWrong = Some(ref random, count, subset == ClipSubset.Noisy ? WrongShare : 0);
            var isPoor = Some(ref random, count, subset switch { ClipSubset.Noisy => 1, ClipSubset.Test => PoorTestShare, _ => 0 });
            for (var at = 0; at < count; at++)
            {
                int[] truth = hasTwo[at] ? [first[at], Other(ref random, [first[at]])] : [first[at]];
                var seconds = Math.Clamp(MedianSeconds * Math.Exp(0.75 * random.NextGaussian()), ShortestSeconds, LongestSeconds);
                plans.Add(new ClipPlan
                {
                    FileName = Name(seed, subset, at, names),
                    Subset = subset,
                    Number = at,
                    Samples = (int)Math.Ceiling(seconds * Rate),
                    Truth = truth,
                    Given = isWrong[at] ? Wrong(ref random, truth) : truth,
                    IsPoor = isPoor[at],
                });
            }
        }
        return [.. plans.OrderBy(plan => plan.Subset).ThenBy(plan => plan.FileName, StringComparer.Ordinal)];
    }

    private static float[] Render(ulong seed, ClipPlan plan)
    {
        var clip = new float[plan.Samples];
        var sound = new float[plan.Samples];
        for (var part = 0; part < plan.Truth.Length; part++)
        {
            var random = SeededRandom.Of(seed, SoundPurpose, (ulong)plan.Subset, (ulong)plan.Number, (ulong)part);
            // A second sound may come in later where there is time for it.
            var late = part > 0 && plan.Samples > Rate ? (int)(random.NextDouble(0, 0.35) * plan.Samples) : 0;
            sound.AsSpan().Clear();
            SoundClasses.All[plan.Truth[part]].Model(ref random, sound.AsSpan(late));
            Recording.Normalise(sound, part == 0 ? 1 : Math.Pow(10, random.NextDouble(-7, 5) / 20));
            for (var at = 0; at < clip.Length; at++)
            {
                clip[at] += sound[at];
            }
        }
        var conditions = SeededRandom.Of(seed, RecordingPurpose, (ulong)plan.Subset, (ulong)plan.Number);
        if (plan.IsPoor)
        {
            Recording.Poor(ref conditions, clip);
        }
        else
        {
            Recording.Good(ref conditions, clip);
        }
        return clip;
    }

    private static void WriteTables(string folder, List<ClipPlan> plans)
    {
        var classes = new ClassMap(ClassNames);
        List<ClipPlan> Of(ClipSubset subset) => [.. plans.Where(plan => plan.Subset == subset)];
        foreach (var (csv, subset) in new[] { ("train_curated.csv", ClipSubset.Curated), ("train_noisy.csv", ClipSubset.Noisy) })
        {
            LabelTable.Write(Path.Combine(folder, csv), classes, Of(subset).Select(plan => new LabelledClip(plan.FileName, plan.Given)));
        }
        var test = Of(ClipSubset.Test);
        new PredictionTable(test.Select(plan => plan.FileName), classes, new double[test.Count * classes.Count])
            .Write(Path.Combine(folder, "sample_submission.csv"));

        var truth = new StringBuilder("fname,labels,subset,correct\n");
        foreach (var plan in plans.Where(plan => plan.Subset != ClipSubset.Curated))
        {
            var labels = string.Join(',', plan.Truth.Select(label => ClassNames[label]));
            truth.Append($"{plan.FileName},\"{labels}\",{ClipIndex.Name(plan.Subset)},{(plan.IsCorrect ? 1 : 0)}\n");
        }
        File.WriteAllText(Path.Combine(folder, "truth.csv"), truth.ToString());
    }

    private static string FolderOf(ClipSubset subset) => subset == ClipSubset.Test ? "test" : $"train_{ClipIndex.Name(subset)}";

    /// <summary>A name that tells nothing: eight hexadecimal digits, none given twice.</summary>
    private static string Name(ulong seed, ClipSubset subset, int number, HashSet<string> taken)
    {
        var random = SeededRandom.Of(seed, NamePurpose, (ulong)subset, (ulong)number);
        string name;
        do
        {
            name = $"{(uint)random.NextUInt64():x8}.wav";
        }
        while (!taken.Add(name));
        return name;
    }

    private static int[] Balanced(ref SeededRandom random, int count)
    {
        var classes = new int[count];
        for (var at = 0; at < count; at++)
        {
            classes[at] = at % ClassNames.Count;
        }
        random.Shuffle<int>(classes);
        return classes;
    }

    private static int[] Uniform(ref SeededRandom random, int count)
    {
        var classes = new int[count];
        for (var at = 0; at < count; at++)
        {
            // The first ones make sure that no class is absent.
            classes[at] = at < ClassNames.Count ? at : random.NextInt(ClassNames.Count);
        }
        random.Shuffle<int>(classes);
        return classes;
    }

    /// <summary>A share of the clips, to the nearest whole number, chosen at random.</summary>
    private static bool[] Some(ref SeededRandom random, int count, double share)
    {
        var chosen = new bool[count];
        chosen.AsSpan(0, (int)Math.Round(share * count)).Fill(true);
        random.Shuffle<bool>(chosen);
        return chosen;
    }

    private static int Other(ref SeededRandom random, ReadOnlySpan<int> than)
    {
        int drawn;
        do
        {
            drawn = random.NextInt(ClassNames.Count);
        }
        while (than.Contains(drawn));
        return drawn;
    }

    /// <summary>Labels of which at least one is not true: of two, the one, the other or both.</summary>
    private static int[] Wrong(ref SeededRandom random, int[] truth)
    {
        var given = truth.ToArray();
        var which = 1 + random.NextInt((1 << truth.Length) - 1);
        for (var at = 0; at < given.Length; at++)
        {
            if ((which & (1 << at)) != 0)
            {
                given[at] = Other(ref random, [.. truth, .. given]);
            }
        }
        return given;
    }

    private sealed record ClipPlan
    {
        public required string FileName { get; init; }

        public required ClipSubset Subset { get; init; }

        public required int Number { get; init; }

        public required int Samples { get; init; }

        public required int[] Truth { get; init; }

        public required int[] Given { get; init; }

        public required bool IsPoor { get; init; }

        public bool IsCorrect => Given.AsSpan().SequenceEqual(Truth);
    }
}
