using OrleansTagging.Recipe;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTagging.Learning;

/// <summary>
/// The features, computed on the device of the samples: ln(x + 1e-4) of the magnitudes x of a short-time Fourier transform with a periodic
/// Hann window, centred frames and reflection at either end; or of those magnitudes gathered into Slaney's mel bands from 5 Hz to half the
/// sample rate.
/// </summary>
/// <remarks>
/// A clip of n samples has 1 + ⌊n / hop⌋ frames. Clips of mixed lengths share a batch; each is extended by its own reflection
/// (<see cref="Extend"/>) before the batch is filled up, so that its frames are the same as alone. A clip too short for its reflection
/// (at most fft / 2 samples) is reflected to and fro until the window is full; a single sample is repeated.
/// </remarks>
public sealed class LogSpectrogram : IDisposable
{
    private const float Quiet = 1e-4f;

    private readonly FeatureDescriptor _descriptor;
    private readonly Tensor _window;
    private readonly Tensor? _filters;

    /// <summary>Prepares window and filters on a device.</summary>
    public LogSpectrogram(FeatureDescriptor descriptor, int sampleRate, Device device)
    {
        using var scope = NewDisposeScope();
        _descriptor = descriptor;
        _window = hann_window(descriptor.FftSize, periodic: true, ScalarType.Float32).to(device).DetachFromDisposeScope();
        if (descriptor.Kind == FeatureKind.Mel)
        {
            var filters = MelFilterBank.Of(sampleRate, descriptor.FftSize, descriptor.Bands);
            _filters = tensor(filters, [descriptor.Bands, descriptor.FftSize / 2 + 1])
                .transpose(0, 1).contiguous().to(device).DetachFromDisposeScope();
        }
    }

    /// <summary>Frames of a clip of <paramref name="samples"/> samples.</summary>
    public int Frames(int samples) => 1 + samples / _descriptor.HopSize;

    /// <summary>Samples that make up a number of frames.</summary>
    public long Samples(long frames) => frames * _descriptor.HopSize;

    /// <summary>Numbers that a frame's complex spectrum takes while the features are computed.</summary>
    public long NumbersPerFrame => _descriptor.FftSize + 2;

    /// <summary>Samples of a clip of <paramref name="samples"/> samples together with its reflections.</summary>
    public int ExtendedLength(int samples) => samples + _descriptor.FftSize;

    /// <summary>Writes a clip and its reflection at either end, fft / 2 samples each.</summary>
    /// <param name="samples">The clip; at least one sample.</param>
    /// <param name="extended">Takes the first <see cref="ExtendedLength"/> samples; what follows is left as it is.</param>
    public void Extend(ReadOnlySpan<float> samples, Span<float> extended)
    {
        var reach = _descriptor.FftSize / 2;
        samples.CopyTo(extended[reach..]);
        var period = Math.Max(1, 2 * (samples.Length - 1));
        for (var step = 1; step <= reach; step++)
        {
            extended[reach - step] = samples[Reflected(step % period, samples.Length)];
            extended[reach + samples.Length - 1 + step] = samples[Reflected((samples.Length - 1 + step) % period, samples.Length)];
        }
    }

    /// <summary>The features of a batch, <c>[clips, frames, bands]</c>.</summary>
    /// <param name="extended">Clips with their reflections, <c>[clips, samples]</c>, float32, on the device; filled up with zeros.</param>
    public Tensor Of(Tensor extended)
    {
        using var scope = NewDisposeScope();
        // [clips, bins, frames], whose frames lie one after another in memory: the transpose costs nothing.
        var spectrum = stft(
            extended, _descriptor.FftSize, _descriptor.HopSize, _descriptor.FftSize, _window, center: false, onesided: true, return_complex: true);
        var magnitudes = spectrum.abs().transpose(1, 2);
        var bands = _filters is null ? magnitudes : magnitudes.matmul(_filters);
        return bands.add_(Quiet).log_().MoveToOuterDisposeScope();
    }

    /// <summary>The features of one clip, row by row <c>[bands, frames]</c>, computed on the CPU.</summary>
    /// <param name="samples">The clip; at least one sample.</param>
    public float[] OfClip(ReadOnlySpan<float> samples)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        var extended = new float[ExtendedLength(samples.Length)];
        Extend(samples, extended);
        var features = Of(tensor(extended, [1, extended.Length]).to(_window.device));
        return features.squeeze(0).transpose(0, 1).contiguous().cpu().data<float>().ToArray();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _window.Dispose();
        _filters?.Dispose();
    }

    private static int Reflected(int step, int length) => step < length ? step : 2 * (length - 1) - step;
}
