using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTagging.Learning;

/// <summary>
/// Which frames of a batch belong to its clips and which only fill it up: clips of mixed lengths share one tensor
/// <c>[clips, channels, frames, bands]</c>, and each clip's own frames come first.
/// </summary>
/// <remarks>
/// Its tensors live in the dispose scope in which they were made.
/// </remarks>
public sealed class FrameMask
{
    /// <summary>
    /// What stands in for minus infinity: below every activation, yet finite, so that zero times it is zero and its gradient is no NaN.
    /// </summary>
    public const float Bottom = -1e30f;

    private readonly int[] _lengths;

    // Numbers of the clips' own frames, counted through the batch.
    private readonly Tensor? _own;

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
        var own = new long[ValidFrames];
        for (var (clip, place) = (0, 0); clip < lengths.Length; clip++)
        {
            keep.AsSpan(clip * frames, lengths[clip]).Fill(1);
            for (var frame = 0; frame < lengths[clip]; frame++)
            {
                own[place++] = (long)clip * frames + frame;
            }
        }
        Keep = tensor(keep, [lengths.Length, 1, frames, 1]).to(device);
        _own = tensor(own).to(device);
    }

    /// <summary>Frames of the batch's tensor.</summary>
    public int Frames { get; }

    /// <summary>Number of clips.</summary>
    public int Clips => _lengths.Length;

    /// <summary>Frames that belong to clips, over the whole batch.</summary>
    public int ValidFrames { get; }

    /// <summary>Whether any frame is filling; where none is, nothing needs masking.</summary>
    public bool HasPadding => ValidFrames < Clips * Frames;

    /// <summary>Frames of each clip.</summary>
    public ReadOnlySpan<int> Lengths => _lengths;

    /// <summary>1 at frames of clips, 0 at filling, <c>[clips, 1, frames, 1]</c>, float32.</summary>
    public Tensor Keep { get => field ?? throw NoPadding(); }

    private Device Device { get; }

    /// <summary>The mask after a pooling that halves the frames.</summary>
    /// <param name="ceilMode">Whether it keeps a last odd frame; one that is alone always stays.</param>
    public FrameMask Halved(bool ceilMode)
    {
        return new FrameMask(Array.ConvertAll(_lengths, Half), Half(Frames), Device);

        int Half(int frames) => ceilMode || frames == 1 ? (frames + 1) / 2 : frames / 2;
    }

    /// <summary>The tensor with its filling set to zero, as a convolution sees the outside of a lone clip.</summary>
    public Tensor Silence(Tensor x) => HasPadding ? x * Keep : x;

    /// <summary>
    /// Sets the filling below every value where a window of two frames that the pooling keeps also holds a frame of a clip, so that no
    /// maximum comes from it. In place and unseen by gradients: none passes through a value that is no maximum.
    /// </summary>
    /// <param name="x">The tensor, such as a convolution's result, which its gradient does not need.</param>
    /// <param name="ceilMode">Whether the pooling keeps a last odd frame; one that is alone always stays.</param>
    public Tensor Sink(Tensor x, bool ceilMode)
    {
        long[] clips = [.. Enumerable.Range(0, Clips).Where(SharesWindow).Select(clip => (long)clip)];
        if (clips.Length > 0)
        {
            using var gradients = no_grad();
            using var last = x.permute(0, 2, 3, 1);
            var frames = Array.ConvertAll(clips, clip => (long)_lengths[clip]);
            last.index_put_(Bottom, TensorIndex.Tensor(tensor(clips).to(Device)), TensorIndex.Tensor(tensor(frames).to(Device)));
        }
        return x;

        bool SharesWindow(int clip) => _lengths[clip] < Frames && (ceilMode ? _lengths[clip] % 2 == 1 : _lengths[clip] == 1);
    }

    /// <summary>
    /// The clips' own frames one after another, <c>[1, channels, valid frames, bands]</c>: what works on each cell, or on all of them
    /// alike, then sees no filling.
    /// </summary>
    /// <param name="x">The batch, <c>[clips, channels, frames, bands]</c>, quickest with the channels last in memory.</param>
    public Tensor Pack(Tensor x)
    {
        var (channels, bands) = (x.shape[1], x.shape[3]);
        var rows = x.permute(0, 2, 3, 1).reshape((long)Clips * Frames, bands * channels);
        rows = _own is null ? rows : rows.index_select(0, _own);
        return rows.reshape(1, ValidFrames, bands, channels).permute(0, 3, 1, 2);
    }

    /// <summary>The batch again, <c>[clips, channels, frames, bands]</c>, from its packed form.</summary>
    /// <param name="x">The packed form, <c>[1, channels, valid frames, bands]</c>.</param>
    /// <param name="filling">What the filling becomes: zero as a convolution sees the outside of a lone clip, or <see
    /// cref="Bottom"/>.</param>
    public Tensor Spread(Tensor x, float filling = 0)
    {
        var (channels, bands) = (x.shape[1], x.shape[3]);
        var rows = x.permute(0, 2, 3, 1).reshape(ValidFrames, bands * channels);
        rows = _own is null ? rows : full([(long)Clips * Frames, bands * channels], filling, x.dtype, x.device).index_copy_(0, _own, rows);
        return rows.reshape(Clips, Frames, bands, channels).permute(0, 3, 1, 2);
    }

    private static InvalidOperationException NoPadding() => new("This batch has no padding to mask.");
}
