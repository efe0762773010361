namespace OrleansTagging.Recipe;

/// <summary>One model: what it hears and the network that judges it.</summary>
public sealed record ModelSettings
{
    /// <summary>Name of the features (<see cref="FeatureDescriptor"/>).</summary>
    public string Features { get; init; } = "mel_2048_1024_128";

    /// <summary>The network.</summary>
    public NetworkSettings Network { get; init; } = new();
}

/// <summary>
/// The 2-D convolutional network of the third-place solution: a frequency map as a second channel, blocks of growing depth, the global
/// maximum of each block's output from a given block on, and a two-layer head.
/// </summary>
public sealed record NetworkSettings
{
    /// <summary>Kind of network; <c>cnn_2d</c>.</summary>
    public string Type { get; init; } = "cnn_2d";

    /// <summary>Number of blocks; each halves the bands and the frames.</summary>
    public int Blocks { get; init; } = 5;

    /// <summary>Channels of the first block.</summary>
    public int BaseDepth { get; init; } = 50;

    /// <summary>Factor by which the channels grow from block to block.</summary>
    public double GrowthRate { get; init; } = 1.5;

    /// <summary>First block (counted from 1) whose globally pooled output reaches the head: the deep supervision.</summary>
    public int DeepSupervisionFrom { get; init; } = 2;

    /// <summary>Units of the head's hidden layer.</summary>
    public int Hidden { get; init; } = 512;

    /// <summary>Share of the head's inputs that dropout silences in training, before either layer.</summary>
    public double Dropout { get; init; } = 0.5;

    /// <summary>Channels of block <paramref name="block"/> (counted from 1): base depth × growth rate^(block − 1), rounded down.</summary>
    public int Depth(int block) => (int)(BaseDepth * Math.Pow(GrowthRate, block - 1));
}
