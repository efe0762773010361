using OrleansTagging.Labels;

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
/// A network. <c>cnn_2d</c> is the third-place solution's on spectrograms: a frequency map as a second channel, blocks of growing depth,
/// each block's output from a given block on summed up over the clip (deep supervision), and a two-layer head; <c>cnn_1d</c> the same over
/// frames alone, the bands of the features (as a rule the bins of a log-STFT) as channels. <c>resnet_18</c> and <c>resnet_34</c> (He et
/// al., 2016) on spectrograms have four stages before the same head.
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
    /// How a block's output is summed up over a clip: <c>max</c>, the global maximum, or <c>gru</c>, the final states of a bidirectional
    /// GRU over its frames after layer norm; of <c>cnn_2d</c> and <c>cnn_1d</c>.
    /// </summary>
    public string Aggregation { get; init; } = "max";

    /// <summary>Units of the GRU in either direction.</summary>
    public int RecurrentUnits { get; init; } = 64;

    /// <summary>Number of blocks; each halves the frames and, in 2-D, the bands. A ResNet has four stages whatever is said here.</summary>
    public int Blocks { get; init; } = 5;

    /// <summary>Channels of the first block or stage; ResNet's own are 64.</summary>
    public int BaseDepth { get; init; } = 50;

    /// <summary>Factor by which the channels grow from block to block; a ResNet's double from stage to stage.</summary>
    public double GrowthRate { get; init; } = 1.5;

    /// <summary>
    /// First block or stage (counted from 1) whose output, summed up over the clip, reaches the head: the deep supervision.
    /// </summary>
    public int DeepSupervisionFrom { get; init; } = 2;

    /// <summary>Units of the head's hidden layer.</summary>
    public int Hidden { get; init; } = 512;

    /// <summary>Share of the head's inputs that dropout silences in training, before either layer.</summary>
    public double Dropout { get; init; } = 0.5;

    /// <summary>Whether it is a ResNet.</summary>
    public bool IsResNet() => Type is "resnet_18" or "resnet_34";

    /// <summary>Parts whose output can reach the head: the blocks, or a ResNet's four stages.</summary>
    public int Stages() => IsResNet() ? 4 : Blocks;

    /// <summary>
    /// Channels of a block or stage (counted from 1): base depth × growth rate^(block − 1), rounded down; base depth × 2^(stage − 1) in a
    /// ResNet.
    /// </summary>
    public int Depth(int block) => (int)(BaseDepth * Math.Pow(IsResNet() ? 2 : GrowthRate, block - 1));

    /// <summary>Refuses settings that make no network for these features.</summary>
    /// <exception cref="InputException">They do not; in one line, what and why.</exception>
    public void Check(FeatureDescriptor features)
    {
        if (!Types.Contains(Type))
        {
            throw new InputException($"'{Type}' names no network; known: {string.Join(", ", Types)}.");
        }
        if (!Aggregations.Contains(Aggregation))
        {
            throw new InputException($"'{Aggregation}' is no aggregation; known: {string.Join(", ", Aggregations)}.");
        }
        if (IsResNet() && Aggregation != "max")
        {
            throw new InputException($"{Type} sums its stages up by aggregation: max alone; take {Aggregation} with cnn_2d or cnn_1d.");
        }
        if (Stages() < 1 || BaseDepth < 1 || Depth(Stages()) < 1 || Hidden < 1 || RecurrentUnits < 1)
        {
            throw new InputException("A network needs at least one block, one channel, one recurrent and one hidden unit.");
        }
        if (DeepSupervisionFrom < 1 || DeepSupervisionFrom > Stages())
        {
            throw new InputException($"Deep supervision from block {DeepSupervisionFrom}: the network has blocks 1 to {Stages()}.");
        }
        if (Dropout is < 0 or >= 1)
        {
            throw new InputException("The share of inputs that dropout silences must be at least 0 and below 1.");
        }
        // A ResNet's stem halves twice and each of its stages but the first once.
        var halvings = IsResNet() ? Stages() + 1 : Blocks;
        if (Type != "cnn_1d" && features.Bands >> halvings == 0)
        {
            throw new InputException(IsResNet()
                ? $"{Type} halves {features.Bands} bands {halvings} times, away to none; take features of {1 << halvings} bands or more."
                : $"{Blocks} blocks halve {features.Bands} bands away to none; take fewer blocks or more bands.");
        }
    }
}
