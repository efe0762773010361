namespace OrleansTagging.Labels;

/// <summary>
/// The labels of very many clips in little memory: compressed sparse rows, 4 bytes a clip and 2 a label, without file names. Clips are
/// known by their row.
/// </summary>
public sealed class CompactLabels
{
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
    }

    /// <summary>The number of clips.</summary>
    public int Clips => _starts.Length - 1;

    /// <summary>The number of labels of all clips together.</summary>
    public int LabelCount => _labels.Length;

    /// <summary>The labels of a clip.</summary>
    public ReadOnlySpan<ushort> this[int clip] => _labels.AsSpan(_starts[clip].._starts[clip + 1]);

    /// <summary>Packs labels, row by row.</summary>
    public static CompactLabels Of(IEnumerable<int[]> clips)
    {
        var packing = new Packing();
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
        var packing = new Packing();
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

    /// <summary>Grows by blocks: doubling an array of ten million clips would need half as much again for a moment.</summary>
    private sealed class Packing
    {
        private const int BlockLength = 1 << 18;

        private readonly List<ushort[]> _labels = [];
        private readonly List<int[]> _ends = [];
        private int _labelCount;
        private int _clips;

        public void Add(int[] labels)
        {
            foreach (var label in labels)
            {
                Put(_labels, checked((ushort)label), _labelCount);
                _labelCount = checked(_labelCount + 1);
            }
            Put(_ends, _labelCount, _clips);
            _clips = checked(_clips + 1);
        }

        public CompactLabels Finish()
        {
            var starts = new int[_clips + 1];
            Gather(_ends, starts.AsSpan(1));
            var labels = new ushort[_labelCount];
            Gather(_labels, labels);
            return new CompactLabels(starts, labels);
        }

        private static void Put<T>(List<T[]> blocks, T value, int at)
        {
            if (at / BlockLength == blocks.Count)
            {
                blocks.Add(new T[BlockLength]);
            }
            blocks[at / BlockLength][at % BlockLength] = value;
        }

        private static void Gather<T>(List<T[]> blocks, Span<T> whole)
        {
            for (var block = 0; block < blocks.Count; block++)
            {
                var at = block * BlockLength;
                blocks[block].AsSpan(0, Math.Min(BlockLength, whole.Length - at)).CopyTo(whole[at..]);
            }
            blocks.Clear();
        }
    }
}
