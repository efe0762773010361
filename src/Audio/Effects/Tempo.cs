using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OrleansTagging.Audio.Effects;

/// <summary>
/// Another tempo, the pitch kept: overlapping segments are laid closer together or further apart, each moved to where it is most like what
/// it is joined to (WSOLA; Verhelst and Roelands, ICASSP 1993). Likeness is the least squared difference over the overlap. Segment, search
/// and overlap are as long as sox's effect <c>tempo</c> has them by default.
/// </summary>
/// <remarks>Owns a copy of its input; one thread at a time.</remarks>
/// <param name="rate">Samples a second.</param>
public sealed class Tempo(int rate)
{
    private const double SegmentSeconds = 0.082;
    private const double SearchSeconds = 0.01468;
    private const double OverlapSeconds = 0.012;

    // Places that are compared at once: four vectors.
    private const int Together = 32;

    private readonly int _overlap = Math.Max(1, (int)Math.Round(OverlapSeconds * rate));
    private readonly int _hop = Math.Max(1, (int)Math.Round((SegmentSeconds - OverlapSeconds) * rate));
    private readonly int _reach = (int)Math.Round(SearchSeconds * rate / 2);
    private float[] _input = [];

    /// <summary>How many samples a clip of <paramref name="samples"/> samples has at another tempo: samples / factor, rounded.</summary>
    public static int Length(int samples, double factor) => (int)Math.Round(samples / factor, MidpointRounding.AwayFromZero);

    /// <summary>Stretches or shortens a clip.</summary>
    /// <param name="input">The clip.</param>
    /// <param name="output">The clip at the tempo that its length gives: <see cref="Length"/> samples for a factor; its content is not
    /// read.</param>
    public void Apply(ReadOnlySpan<float> input, Span<float> output)
    {
        if (input.Length == output.Length)
        {
            input.CopyTo(output);
            return;
        }
        Hold(input);
        var place = 0;
        for (int begin = 0, segment = 0; begin < output.Length; begin += _hop, segment++)
        {
            var left = output.Length - begin;
            var rest = output.Slice(begin, Math.Min(_hop, left));
            if (segment > 0)
            {
                var natural = place + _hop;
                var nominal = (int)((long)begin * input.Length / output.Length);
                // The clip's end comes out at the end: a segment is not moved so far that it would run out of samples.
                var last = Math.Max(0, Math.Min(nominal + _reach, input.Length - Math.Min(_hop + _overlap, left)));
                place = MostAlike(natural, Math.Clamp(nominal - _reach, 0, last), last);
                var joined = Math.Min(_overlap, rest.Length);
                for (var at = 0; at < joined; at++)
                {
                    var share = (at + 0.5f) / _overlap;
                    rest[at] = _input[natural + at] + share * (_input[place + at] - _input[natural + at]);
                }
                _input.AsSpan(place + joined, rest.Length - joined).CopyTo(rest[joined..]);
            }
            else
            {
                _input.AsSpan(0, rest.Length).CopyTo(rest);
            }
        }
    }

    // Silence behind the clip spares every check of its end.
    private void Hold(ReadOnlySpan<float> input)
    {
        var needed = input.Length + 2 * (_hop + _overlap) + Together;
        if (_input.Length < needed)
        {
            _input = new float[needed + needed / 4];
        }
        input.CopyTo(_input);
        _input.AsSpan(input.Length).Clear();
    }

    /// <summary>The place of <paramref name="first"/> … <paramref name="last"/> whose overlap is most like the one at <paramref
    /// name="natural"/>.</summary>
    private int MostAlike(int natural, int first, int last)
    {
        ref var samples = ref MemoryMarshal.GetArrayDataReference(_input);
        Span<float> differences = stackalloc float[Together];
        var (best, least) = (first, float.PositiveInfinity);
        for (var begin = first; begin <= last; begin += Together)
        {
            var (a, b, c, d) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
            for (var at = 0; at < _overlap; at++)
            {
                var wanted = Vector256.Create(_input[natural + at]);
                var from = (nuint)(begin + at);
                var x = Vector256.LoadUnsafe(ref samples, from) - wanted;
                a += x * x;
                x = Vector256.LoadUnsafe(ref samples, from + 8) - wanted;
                b += x * x;
                x = Vector256.LoadUnsafe(ref samples, from + 16) - wanted;
                c += x * x;
                x = Vector256.LoadUnsafe(ref samples, from + 24) - wanted;
                d += x * x;
            }
            a.CopyTo(differences);
            b.CopyTo(differences[8..]);
            c.CopyTo(differences[16..]);
            d.CopyTo(differences[24..]);
            for (var at = 0; at < Together && begin + at <= last; at++)
            {
                if (differences[at] < least)
                {
                    (best, least) = (begin + at, differences[at]);
                }
            }
        }
        return best;
    }
}
