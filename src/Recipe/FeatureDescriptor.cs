using System.Globalization;
using OrleansTagging.Labels;

namespace OrleansTagging.Recipe;

/// <summary>
/// What a model hears, by its name: <c>mel_2048_1024_128</c> is a log-mel spectrogram of FFT size 2048, hop 1024 (both in samples)
/// and 128 Slaney mel bands.
/// </summary>
/// <param name="FftSize">Window and FFT length in samples, a power of two.</param>
/// <param name="HopSize">Samples between the starts of two frames.</param>
/// <param name="Bands">Mel bands a frame.</param>
public sealed record FeatureDescriptor(int FftSize, int HopSize, int Bands)
{
    /// <summary>Reads a descriptor from its name.</summary>
    /// <exception cref="InputException">The name is not of the form, or its figures cannot work together.</exception>
    public static FeatureDescriptor Parse(string name)
    {
        var parts = name.Split('_');
        if (parts.Length != 4 || parts[0] != "mel")
        {
            throw new InputException($"'{name}' names no features; write mel_<fft>_<hop>_<bands>, for instance mel_2048_1024_128.");
        }
        var figures = new int[3];
        for (var part = 0; part < 3; part++)
        {
            if (!int.TryParse(parts[part + 1], NumberStyles.None, CultureInfo.InvariantCulture, out figures[part]) || figures[part] == 0)
            {
                throw new InputException($"'{name}': '{parts[part + 1]}' is not a whole number above zero.");
            }
        }
        var (fft, hop, bands) = (figures[0], figures[1], figures[2]);
        if (!int.IsPow2(fft) || fft is < 64 or > 16384)
        {
            throw new InputException($"'{name}': the FFT size {fft} must be a power of two from 64 to 16384.");
        }
        if (hop > fft)
        {
            throw new InputException($"'{name}': the hop {hop} must not exceed the FFT size {fft}, or samples between frames are never heard.");
        }
        if (bands > fft / 2)
        {
            throw new InputException($"'{name}': {bands} mel bands need more than the {fft / 2 + 1} bins of an FFT of {fft}.");
        }
        return new FeatureDescriptor(fft, hop, bands);
    }

    /// <summary>The name that <see cref="Parse"/> reads.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"mel_{FftSize}_{HopSize}_{Bands}");
}
