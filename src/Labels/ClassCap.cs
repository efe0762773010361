namespace OrleansTagging.Labels;

/// <summary>
/// A cap on the share of any one class among promoted clips. Clips are offered best first; one is taken unless that would give a class
/// more than its share of the clips that are wanted, rounded up: so a class that the models know best cannot crowd out the others.
/// </summary>
/// <remarks>
/// A clip with several labels counts for each of them and is taken only where none of its classes is full. It is never taken with fewer
/// labels. The limit is a share of the clips wanted, not of those found: where the clips run out first, fewer are promoted and the
/// limit stays.
/// </remarks>
public sealed class ClassCap
{
    private readonly int[] _counts;

    /// <summary>Begins a selection.</summary>
    /// <param name="classes">The number of classes.</param>
    /// <param name="share">The largest share of any one class, over (0, 1]; 1 caps nothing.</param>
    /// <param name="wanted">The number of clips to promote.</param>
    /// <exception cref="InputException">The share is not over (0, 1], or fewer than one clip is wanted.</exception>
    public ClassCap(int classes, double share, int wanted)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(classes);
        if (share is not (> 0 and <= 1))
        {
            throw new InputException($"A class cap of {share} is asked for; ask for a share above 0 and up to 1.");
        }
        TopAgreement.RequireWanted(wanted);
        _counts = new int[classes];
        Wanted = wanted;
        // In decimal, in which 0.07 of 100 is 7 and not a little more.
        Limit = (int)Math.Ceiling((decimal)share * wanted);
    }

    /// <summary>The number of clips to promote.</summary>
    public int Wanted { get; }

    /// <summary>The largest number of promoted clips that may have a class, at least 1.</summary>
    public int Limit { get; }

    /// <summary>The number of clips taken.</summary>
    public int Taken { get; private set; }

    /// <summary>Whether as many clips are taken as are wanted.</summary>
    public bool IsComplete => Taken >= Wanted;

    /// <summary>Takes a clip in any case, such as one that was chosen by hand: it counts, and its classes may come to exceed their limit.</summary>
    /// <param name="labels">Its labels, none twice.</param>
    /// <exception cref="ArgumentException">A label is no class.</exception>
    public void Take(ReadOnlySpan<int> labels)
    {
        foreach (var label in labels)
        {
            Require(label);
        }
        Count(labels);
    }

    /// <summary>Takes the next best clip, unless one of its classes is full or enough clips are taken.</summary>
    /// <param name="labels">Its labels, none twice.</param>
    /// <exception cref="ArgumentException">A label is no class.</exception>
    public bool TryTake(ReadOnlySpan<int> labels)
    {
        var room = !IsComplete;
        foreach (var label in labels)
        {
            Require(label);
            room &= _counts[label] < Limit;
        }
        if (room)
        {
            Count(labels);
        }
        return room;
    }

    private void Count(ReadOnlySpan<int> labels)
    {
        foreach (var label in labels)
        {
            _counts[label]++;
        }
        Taken++;
    }

    private void Require(int label)
    {
        if ((uint)label >= (uint)_counts.Length)
        {
            throw new ArgumentException($"The label {label} is none of {_counts.Length} classes.", "labels");
        }
    }
}
