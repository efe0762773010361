using OrleansTagging.Audio;

namespace OrleansTagging.Learning;

/// <summary>The samples of a list of clips, mono, all at one rate.</summary>
public interface IWaveforms
{
    /// <summary>Samples a second.</summary>
    int Rate { get; }

    /// <summary>Number of samples of a clip.</summary>
    int Length(int clip);

    /// <summary>A clip's samples.</summary>
    ReadOnlySpan<float> Samples(int clip);
}

/// <summary>The samples of a packed dataset, read from its mapped file without copying.</summary>
public sealed class PackedWaveforms(PackedDataset dataset) : IWaveforms
{
    /// <inheritdoc/>
    public int Rate => dataset.Rate;

    /// <inheritdoc/>
    public int Length(int clip) => dataset.Clips[clip].Samples;

    /// <inheritdoc/>
    public ReadOnlySpan<float> Samples(int clip) => dataset.Samples(clip);
}
