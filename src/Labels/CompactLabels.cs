namespace OrleansTagging.Labels;

/// <summary>
/// The labels of very many clips in little memory: compressed sparse rows, 4 bytes a clip and 2 a label, without file names. Clips are
/// known by their row.
/// </summary>
public sealed class CompactLabels
{
    // Either may be longer than is used.
    private readonly int[] _starts;
    private readonly ushort[] _labels;

    /// <summary>Takes rows that are in this form already.</summary>
    /// <param name="starts">Where each clip's labels begin, <c>[clips + 1]</c>: from 0, never falling, to the number of labels.</param>
    /// <param name="labels">The labels of all clips, one clip's after another's.</param>
    /// <exception cref="ArgumentException">The starts are not of that form.</exception>
    public CompactLabels(int[] starts, ushort[] labels)
    {
        if (starts.Length == 0 || starts[0] != 0 || starts[^1] != labels.Length)
        {
            throw new ArgumentException($"The starts must lead from 0 to the number of labels, {labels.Length}.", nameof(starts));
        }
        for (var clip = 1; clip < starts.Length; clip++)
        {
            if (starts[clip] < starts[clip - 1])
            {
                throw new ArgumentException($"The start of clip {clip} lies before that of clip {clip - 1}.", nameof(starts));
            }
        }
        _starts = starts;
        _labels = labels;
        Clips = starts.Length - 1;
    }

    private CompactLabels(int[] starts, ushort[] labels, int clips)
    {
        _starts = starts;
        _labels = labels;
        Clips = clips;
    }

    /// <summary>The number of clips.</summary>
    public int Clips { get; }

    /// <summary>The number of labels of all clips together.</summary>
    public int LabelCount => _starts[Clips];

    /// <summary>The labels of a clip.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such clip.</exception>
    public ReadOnlySpan<ushort> this[int clip]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)clip, (uint)Clips, nameof(clip));
            return _labels.AsSpan(_starts[clip].._starts[clip + 1]);
        }
    }

    /// <summary>Packs labels, row by row.</summary>
    public static CompactLabels Of(IEnumerable<int[]> clips)
    {
        var packing = new Packing(clips.TryGetNonEnumeratedCount(out var count) ? count : 0, 0);
        foreach (var labels in clips)
        {
            packing.Add(labels);
        }
        return packing.Finish();
    }

    /// <summary>
    /// Reads a label file of any size, whose clips must stand in the ordinal order of their file names: so a repeated clip is seen without
    /// holding names, and ties by row are ties by file name.
    /// </summary>
    /// <exception cref="InputException">As for <see cref="LabelTable.Read"/>; or the clips are not in order.</exception>
    public static CompactLabels Read(string path, ClassMap classes)
    {
        var packing = Room(path);
        string? last = null;
        foreach (var (clip, csv) in LabelTable.Rows(path, classes))
        {
            var order = last is null ? -1 : string.CompareOrdinal(last, clip.FileName);
            if (order >= 0)
            {
                throw csv.Fault(order == 0
                    ? $"the clip '{clip.FileName}' is given twice."
                    : $"the clip '{clip.FileName}' stands after '{last}'; sort the rows by file name.");
            }
            packing.Add(clip.Labels);
            last = clip.FileName;
        }
        return packing.Finish();
    }

    /// <summary>
    /// Room for what a file may hold, from its line feeds and commas: a clip stands on a line, and a line has at least as many commas
    /// as labels. Arrays that grew as the file is read would leave as much again behind for the garbage collector.
    /// </summary>
    private static Packing Room(string path)
    {
        using var stream = NpyFile.OpenRead(path);
        var block = new byte[1 << 16];
        var lines = 0L;
        var commas = 0L;
        for (int read; (read = stream.Read(block)) > 0;)
        {
            lines += block.AsSpan(0, read).Count((byte)'\n');
            commas += block.AsSpan(0, read).Count((byte)',');
        }
        return new Packing((int)Math.Min(lines, Array.MaxLength - 1), (int)Math.Min(commas, Array.MaxLength));
    }

    private sealed class Packing(int clips, int labels)
    {
        private int[] _starts = new int[clips + 1];
        private ushort[] _labels = new ushort[labels];
        private int _clips;
        private int _labelCount;

        public void Add(int[] own)
        {
            if (_starts.Length < _clips + 2)
            {
                Array.Resize(ref _starts, Larger(_clips + 2));
            }
            if (_labels.Length < _labelCount + own.Length)
            {
                Array.Resize(ref _labels, Larger(_labelCount + own.Length));
            }
            foreach (var label in own)
            {
                _labels[_labelCount++] = checked((ushort)label);
            }
            _starts[++_clips] = _labelCount;
        }

        public CompactLabels Finish() => new(_starts, _labels, _clips);

        private static int Larger(int needed) => (int)Math.Min(Array.MaxLength, Math.Max(16, needed * 2L));
    }
}
