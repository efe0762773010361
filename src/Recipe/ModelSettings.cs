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
/// A network. <c>cnn_2d</c> is the third-place solution's on spectrograms: a frequency map as a second channel, blocks of growing depth, each
/// block's output from a given block on summed up over the clip (deep supervision), and a two-layer head; <c>cnn_1d</c> the same over the frames
/// of a log-STFT, its bins as channels. <c>resnet_18</c> and <c>resnet_34</c> (He et al., 2016) stand before the same head.
/// </summary>
public sealed record NetworkSettings
{
    /// <summary>The kinds of network.</summary>
    public static IReadOnlyList<string> Types { get; } = ["cnn_2d", "cnn_1d", "resnet_18", "resnet_34"];

    /// <summary>How a block's output is summed up over a clip.</summary>
    public static IReadOnlyList<string> Aggregations { get; } = ["max", "gru"];

    /// <summary>Kind of network; one of <see cref="Types"/>.</summary>
    public string Type { get; init; } = "cnn_2d";

    /// <summary>Whether a map of the frequency, from -1 to 1, is the second channel; of the networks on spectrograms alone.</summary>
    public bool FrequencyMap { get; init; } = true;

    /// <summary>
    /// How a block's output is summed up over a clip: <c>max</c>, the global maximum, or <c>gru</c>, the final states of a bidirectional GRU
    /// over its frames after layer norm; of <c>cnn_2d</c> and <c>cnn_1d</c>.
    /// </summary>
    public string Aggregation { get; init; } = "max";

    /// <summary>Units of the GRU in either direction.</summary>
    public int RecurrentUnits { get; init; } = 64;

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
