using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OrleansTagging.Audio.Effects;

/// <summary>Sums of signals, each sample rounded as in plain arithmetic: product, then sum.</summary>
internal static class Signal
{
    /// <summary>Adds <paramref name="level"/> times the first samples of <paramref name="source"/>, as many as there are in the
    /// target.</summary>
    public static void Add(Span<float> target, ReadOnlySpan<float> source, float level)
    {
        source = source[..target.Length];
        ref var to = ref MemoryMarshal.GetReference(target);
        ref var from = ref MemoryMarshal.GetReference(source);
        var levels = Vector256.Create(level);
        var at = 0;
        for (; at <= target.Length - Vector256<float>.Count; at += Vector256<float>.Count)
        {
            (Vector256.LoadUnsafe(ref to, (nuint)at) + levels * Vector256.LoadUnsafe(ref from, (nuint)at)).StoreUnsafe(ref to, (nuint)at);
        }
        for (; at < target.Length; at++)
        {
            target[at] += level * source[at];
        }
    }

    /// <summary>Writes <paramref name="level"/> times the source.</summary>
    public static void Scale(ReadOnlySpan<float> source, Span<float> target, float level)
    {
        ref var to = ref MemoryMarshal.GetReference(target[..source.Length]);
        ref var from = ref MemoryMarshal.GetReference(source);
        var levels = Vector256.Create(level);
        var at = 0;
        for (; at <= source.Length - Vector256<float>.Count; at += Vector256<float>.Count)
        {
            (levels * Vector256.LoadUnsafe(ref from, (nuint)at)).StoreUnsafe(ref to, (nuint)at);
        }
        for (; at < source.Length; at++)
        {
            target[at] = level * source[at];
        }
    }
}
