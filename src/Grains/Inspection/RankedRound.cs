using OrleansTagging.Abstractions;

namespace OrleansTagging.Grains;

/// <summary>A round with the places of all noisy clips, in memory: what can be asked about its cut.</summary>
internal sealed class RankedRound
{
    private const int Bins = 20;

    private readonly string[] _classes;
    private readonly int[][] _labels;
    private readonly double[] _agreements;
    private readonly double[] _margins;
    private readonly int[] _order;
    private readonly bool[] _promoted;
    private readonly bool[]? _before;

    private RankedRound(
        RoundRecord record, List<ListedClip> clips, string[] classes, ShardPlaces[] places, ShardPlaces[]? before)
    {
        (Round, Selection, Clips, _classes) = (record.Round, record.Selection, clips, classes);
        var position = classes.Index().ToDictionary(entry => entry.Item, entry => entry.Index, StringComparer.Ordinal);
        _labels = [.. clips.Select(clip => Array.ConvertAll(Labels(clip), label => position[label]))];
        _agreements = [.. places.SelectMany(shard => shard.Keys.Agreements)];
        _margins = [.. places.SelectMany(shard => shard.Keys.Margins)];
        _promoted = [.. places.SelectMany(shard => shard.Promoted)];
        _before = before is null ? null : [.. before.SelectMany(shard => shard.Promoted)];
        _order = new int[clips.Count];
        var clip = 0;
        foreach (var rank in places.SelectMany(shard => shard.Ranks))
        {
            _order[rank - 1] = clip++;
        }
    }

    /// <summary>The round, counted from 1.</summary>
    public int Round { get; }

    /// <summary>Address of the clips that it promoted.</summary>
    public string? Selection { get; }

    /// <summary>The noisy clips, in the order of file names.</summary>
    public List<ListedClip> Clips { get; }

    /// <summary>Puts a round together; <c>null</c> where a shard knows no places.</summary>
    /// <param name="record">The round.</param>
    /// <param name="clips">The noisy clips, in the order of file names.</param>
    /// <param name="classes">The class names.</param>
    /// <param name="places">The places that the shards tell, in their order.</param>
    /// <param name="before">Those of the round before; <c>null</c> in the first.</param>
    public static RankedRound? Of(
        RoundRecord record, List<ListedClip> clips, string[] classes, ShardPlaces?[] places, ShardPlaces?[]? before) =>
        Array.Exists(places, shard => shard is null) || (before is not null && Array.Exists(before, shard => shard is null))
            ? null
            : new RankedRound(record, clips, classes, places!, before!);

    /// <summary>The round seen from near.</summary>
    /// <param name="record">The round.</param>
    /// <param name="near">Clips to name on either side of the cut.</param>
    public RoundInspection Inspect(RoundRecord record, int near)
    {
        var all = Enumerable.Range(0, Clips.Count).ToArray();
        var (noisy, now) = (Count(all), Count(all.Where(clip => _promoted[clip])));
        var before = _before is null ? null : Count(all.Where(clip => _before[clip]));
        var promoted = _order.Where(clip => _promoted[clip]).ToArray();
        // What a person chose has no place at the cut.
        var byHand = record.Decisions.Select(made => made.Fname).ToHashSet(StringComparer.Ordinal);
        return new RoundInspection
        {
            Record = record,
            Noisy = Clips.Count,
            Histogram = Histogram(),
            CameIn = [.. promoted.Where(clip => _before is null || !_before[clip]).Select(clip => Clips[clip].Fname)],
            Dropped = [.. all.Where(clip => _before is not null && _before[clip] && !_promoted[clip]).Select(clip => Clips[clip].Fname)],
            Classes = [.. _classes.Select((name, label) => new RoundClass
            {
                Class = name,
                Noisy = noisy[label],
                Promoted = now[label],
                PromotedBefore = before?[label] ?? 0,
                Share = Share(now, label),
                ShareBefore = before is null ? null : Share(before, label),
                NoisyShare = Share(noisy, label),
            })],
            Above = [.. promoted.Where(clip => !byHand.Contains(Clips[clip].Fname)).TakeLast(near).Select(clip => Ranked(clip, record))],
            Below = [.. _order.Where(clip => !_promoted[clip] && !byHand.Contains(Clips[clip].Fname)).Take(near)
                .Select(clip => Ranked(clip, record))],
            LabelShift = before is null ? null : Distance(now, before),
            LabelShiftFromNoisy = Distance(now, noisy),
        };
    }

    /// <summary>Whom another cut would promote.</summary>
    public WhatIfCut WhatIf(double agreement)
    {
        var all = Enumerable.Range(0, Clips.Count).ToArray();
        var inside = all.Where(clip => _agreements[clip] >= agreement).ToArray();
        return new WhatIfCut
        {
            Agreement = agreement,
            Clips = inside.Length,
            CameIn = inside.Count(clip => !_promoted[clip]),
            Dropped = all.Count(clip => _promoted[clip] && _agreements[clip] < agreement),
            PerClass = Count(inside),
        };
    }

    private HistogramBin[] Histogram()
    {
        var (clips, promoted) = (new int[Bins], new int[Bins]);
        for (var clip = 0; clip < _agreements.Length; clip++)
        {
            var bin = Math.Clamp((int)(_agreements[clip] * Bins), 0, Bins - 1);
            clips[bin]++;
            promoted[bin] += _promoted[clip] ? 1 : 0;
        }
        return [.. Enumerable.Range(0, Bins).Select(bin => new HistogramBin
        {
            From = bin / (double)Bins,
            To = (bin + 1) / (double)Bins,
            Clips = clips[bin],
            Promoted = promoted[bin],
        })];
    }

    private RankedClip Ranked(int clip, RoundRecord record) => new()
    {
        Fname = Clips[clip].Fname,
        GivenLabels = Labels(Clips[clip]),
        Agreement = _agreements[clip],
        Margin = _margins[clip],
        Rank = Array.IndexOf(_order, clip) + 1,
        Promoted = _promoted[clip],
        Decision = Array.Find(record.Decisions, made => made.Fname == Clips[clip].Fname),
    };

    private int[] Count(IEnumerable<int> clips)
    {
        var counts = new int[_classes.Length];
        foreach (var label in clips.SelectMany(clip => _labels[clip]))
        {
            counts[label]++;
        }
        return counts;
    }

    private static double Share(int[] counts, int label) => counts.Sum() is > 0 and var labels ? (double)counts[label] / labels : 0;

    private static double Distance(int[] one, int[] other) =>
        Enumerable.Range(0, one.Length).Sum(label => Math.Abs(Share(one, label) - Share(other, label))) / 2;

    private static string[] Labels(ListedClip clip) =>
        clip.Labels.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
