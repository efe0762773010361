using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTagging.Learning;

/// <summary>
/// Which frames of a batch belong to its clips and which only fill it up: clips of mixed lengths share one tensor
/// <c>[clips, channels, frames, bands]</c>, and each clip's own frames come first.
/// </summary>
/// <remarks>
/// Its tensors live in the dispose scope in which they were made. They are <c>[clips, 1, frames, 1]</c>, float32.
/// </remarks>
public sealed class FrameMask
{
    /// <summary>
    /// What stands in for minus infinity: below every activation, yet finite, so that zero times it is zero and its gradient is no NaN.
    /// </summary>
    public const float Bottom = -1e30f;

    private readonly int[] _lengths;

    /// <summary>The mask of clips with the given numbers of frames.</summary>
    /// <param name="lengths">Frames of each clip, each at least 1.</param>
    /// <param name="frames">Frames of the batch's tensor, at least the longest clip's.</param>
    /// <param name="device">Where the batch lies.</param>
    /// <exception cref="ArgumentException">A clip has no frame or more than the tensor.</exception>
    public FrameMask(ReadOnlySpan<int> lengths, int frames, Device device)
    {
        _lengths = lengths.ToArray();
        Frames = frames;
        foreach (var length in lengths)
        {
            if (length < 1 || length > frames)
            {
                throw new ArgumentException($"A clip of {length} frames does not fit a batch of {frames}.", nameof(lengths));
            }
            ValidFrames += length;
        }
        Device = device;
        if (!HasPadding)
        {
            return;
        }
        var keep = new float[lengths.Length * frames];
        for (var clip = 0; clip < lengths.Length; clip++)
        {
            keep.AsSpan(clip * frames, lengths[clip]).Fill(1);
        }
        Keep = tensor(keep, [lengths.Length, 1, frames, 1]).to(device);
        Gap = 1 - Keep;
        Floor = Gap * Bottom;
    }

    /// <summary>Frames of the batch's tensor.</summary>
    public int Frames { get; }

    /// <summary>Number of clips.</summary>
    public int Clips => _lengths.Length;

    /// <summary>Frames that belong to clips, over the whole batch.</summary>
    public int ValidFrames { get; }

    /// <summary>Whether any frame is filling; where none is, the three tensors below are not made and nothing needs masking.</summary>
    public bool HasPadding => ValidFrames < Clips * Frames;

    /// <summary>Share of the batch's frames that belong to clips, above 0 and at most 1.</summary>
    public double Share => (double)ValidFrames / (Clips * Frames);

    /// <summary>Frames of each clip.</summary>
    public ReadOnlySpan<int> Lengths => _lengths;

    /// <summary>1 at frames of clips, 0 at filling.</summary>
    public Tensor Keep { get => field ?? throw NoPadding(); }

    /// <summary>0 at frames of clips, 1 at filling.</summary>
    public Tensor Gap { get => field ?? throw NoPadding(); }

    /// <summary>0 at frames of clips, <see cref="Bottom"/> at filling: added before a maximum is taken.</summary>
    public Tensor Floor { get => field ?? throw NoPadding(); }

    private Device Device { get; }

    /// <summary>The mask after a pooling that halves the frames and keeps a last odd one.</summary>
    public FrameMask Halved()
    {
        var halved = new int[_lengths.Length];
        for (var clip = 0; clip < halved.Length; clip++)
        {
            halved[clip] = (_lengths[clip] + 1) / 2;
        }
        return new FrameMask(halved, (Frames + 1) / 2, Device);
    }

    /// <summary>The tensor with its filling set to zero, as a convolution sees the outside of a lone clip.</summary>
    public Tensor Silence(Tensor x) => HasPadding ? x * Keep : x;

    /// <summary>The tensor with its filling below every value, so that no maximum comes from it.</summary>
    public Tensor Sink(Tensor x) => HasPadding ? x + Floor : x;

    private static InvalidOperationException NoPadding() => new("This batch has no padding to mask.");
}
