using OrleansTagging.Labels;

namespace OrleansTagging.Audio.Effects;

/// <summary>
/// A clip's chunks in another order: as many equal chunks as the clip holds of the wanted length, their lengths differing by a sample at
/// most. A clip that holds fewer than two stays as it is.
/// </summary>
/// <remarks>Owns a copy of the clip; one thread at a time.</remarks>
public sealed class ChunkShuffle
{
    private float[] _clip = [];
    private int[] _order = [];

    /// <summary>Shuffles in place.</summary>
    /// <param name="samples">The clip.</param>
    /// <param name="chunk">Length of a chunk, in samples.</param>
    /// <param name="random">Draws the order.</param>
    public void Apply(Span<float> samples, int chunk, ref SeededRandom random)
    {
        var chunks = samples.Length / Math.Max(1, chunk);
        if (chunks < 2)
        {
            return;
        }
        if (_clip.Length < samples.Length)
        {
            _clip = new float[samples.Length + samples.Length / 4];
        }
        if (_order.Length < chunks)
        {
            _order = new int[chunks + chunks / 4];
        }
        samples.CopyTo(_clip);
        for (var place = 0; place < chunks; place++)
        {
            _order[place] = place;
        }
        random.Shuffle(_order.AsSpan(0, chunks));
        var total = samples.Length;
        foreach (var from in _order.AsSpan(0, chunks))
        {
            var moved = _clip.AsSpan(Begin(from)..Begin(from + 1));
            moved.CopyTo(samples);
            samples = samples[moved.Length..];
        }

        int Begin(int place) => (int)((long)total * place / chunks);
    }
}
