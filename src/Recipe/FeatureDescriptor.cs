using System.Globalization;
using OrleansTagging.Labels;

namespace OrleansTagging.Recipe;

/// <summary>The kinds of features.</summary>
public enum FeatureKind
{
    /// <summary>Log-mel spectrogram: the magnitudes of the spectrum gathered into mel bands.</summary>
    Mel,

    /// <summary>Log-STFT: the magnitudes of the spectrum as they are.</summary>
    Stft,
}

/// <summary>
/// What a model hears, by its name: <c>mel_2048_1024_128</c> is a log-mel spectrogram of FFT size 2048, hop 1024 (both in samples)
/// and 128 Slaney mel bands; <c>stft_256_128</c> the logarithm of the spectrum itself, 129 bins from 0 Hz to half the sample rate.
/// </summary>
/// <param name="Kind">Kind of features.</param>
/// <param name="FftSize">Window and FFT length in samples, a power of two.</param>
/// <param name="HopSize">Samples between the starts of two frames.</param>
/// <param name="Bands">Frequencies of a frame: mel bands, or the bins of the spectrum.</param>
public sealed record FeatureDescriptor(FeatureKind Kind, int FftSize, int HopSize, int Bands)
{
    /// <summary>Reads a descriptor from its name.</summary>
    /// <exception cref="InputException">The name is not of the form, or its figures cannot work together.</exception>
    public static FeatureDescriptor Parse(string name)
    {
        var parts = name.Split('_');
        FeatureKind? named = (parts[0], parts.Length) switch
        {
            ("mel", 4) => FeatureKind.Mel,
            ("stft", 3) => FeatureKind.Stft,
            _ => null,
        };
        if (named is not { } kind)
        {
            throw new InputException($"'{name}' names no features; write mel_<fft>_<hop>_<bands> or stft_<fft>_<hop>, "
                + "for instance mel_2048_1024_128 or stft_256_128.");
        }
        var figures = new int[parts.Length - 1];
        for (var part = 0; part < figures.Length; part++)
        {
            if (!int.TryParse(parts[part + 1], NumberStyles.None, CultureInfo.InvariantCulture, out figures[part]) || figures[part] == 0)
            {
                throw new InputException($"'{name}': '{parts[part + 1]}' is not a whole number above zero.");
            }
        }
        var (fft, hop) = (figures[0], figures[1]);
        if (!int.IsPow2(fft) || fft is < 64 or > 16384)
        {
            throw new InputException($"'{name}': the FFT size {fft} must be a power of two from 64 to 16384.");
        }
        if (hop > fft)
        {
            throw new InputException($"'{name}': the hop {hop} must not exceed the FFT size {fft}, or samples between frames are never heard.");
        }
        var bins = fft / 2 + 1;
        if (kind == FeatureKind.Stft)
        {
            return new FeatureDescriptor(kind, fft, hop, bins);
        }
        var bands = figures[2];
        if (bands >= bins)
        {
            throw new InputException($"'{name}': {bands} mel bands need more than the {bins} bins of an FFT of {fft}.");
        }
        return new FeatureDescriptor(kind, fft, hop, bands);
    }

    /// <summary>The name that <see cref="Parse"/> reads.</summary>
    public override string ToString() => Kind == FeatureKind.Mel
        ? string.Create(CultureInfo.InvariantCulture, $"mel_{FftSize}_{HopSize}_{Bands}")
        : string.Create(CultureInfo.InvariantCulture, $"stft_{FftSize}_{HopSize}");
}
