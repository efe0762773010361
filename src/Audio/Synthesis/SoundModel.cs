using OrleansTagging.Labels;

namespace OrleansTagging.Audio.Synthesis;

/// <summary>
/// Adds a sound to a clip that is silent so far. The random numbers choose the instrument, its tuning, its player and what is played, so
/// that no two sounds of a class are alike. The level is free; whoever asked for the sound sets it.
/// </summary>
/// <param name="random">The clip's own stream.</param>
/// <param name="clip">Samples at <see cref="SyntheticDataset.Rate"/> Hz.</param>
internal delegate void SoundModel(ref SeededRandom random, Span<float> clip);
