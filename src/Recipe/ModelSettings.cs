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
/// <remarks>Names and defaults are those of the solution's train_2d_cnn.py and train_hierarchical_cnn.py where they have them.</remarks>
public sealed record NetworkSettings
{
    /// <summary>The kinds of network.</summary>
    public static IReadOnlyList<string> Types { get; } = ["cnn_2d", "cnn_1d", "resnet_18", "resnet_34"];

    /// <summary>How a block's output is summed up over a clip.</summary>
    public static IReadOnlyList<string> AggregationTypes { get; } = ["max", "rnn"];

    /// <summary>What becomes of the padding of clips that share a batch with longer ones.</summary>
    public static IReadOnlyList<string> Paddings { get; } = ["masked", "zeros"];

    /// <summary>Kind of network; one of <see cref="Types"/>.</summary>
    public string Type { get; init; } = "cnn_2d";

    /// <summary>Whether a map of the frequency, from -1 to 1, is the second channel; of the networks on spectrograms alone.</summary>
    public bool FrequencyMap { get; init; } = true;

    /// <summary>
    /// How a block's output is summed up over a clip: <c>max</c>, the global maximum, or <c>rnn</c>, the last states of a bidirectional GRU
    /// over its frames after layer norm; of <c>cnn_2d</c> and <c>cnn_1d</c>.
    /// </summary>
    public string AggregationType { get; init; } = "max";

    /// <summary>Units of the GRU in either direction.</summary>
    public int RnnSize { get; init; } = 128;

    /// <summary>Number of blocks; each halves the frames and, in 2-D, the bands. A ResNet has four stages whatever is said here.</summary>
    public int NumConvBlocks { get; init; } = 5;

    /// <summary>Channels of the first block or stage; ResNet's own are 64.</summary>
    public int ConvBaseDepth { get; init; } = 64;

    /// <summary>Factor by which the channels grow from block to block; a ResNet's double from stage to stage.</summary>
    public double GrowthRate { get; init; } = 2;

    /// <summary>
    /// First block or stage whose output, summed up over the clip, reaches the head: the deep supervision. Counted from 0, as in the
    /// solution's code: 0 takes all blocks, 1 leaves out the first.
    /// </summary>
    public int StartDeepSupervisionOn { get; init; } = 2;

    /// <summary>Share of the head's hidden units that dropout silences in training.</summary>
    public double OutputDropout { get; init; }

    /// <summary>
    /// Whether a pooling keeps a last odd frame or band, as PyTorch's option of this name; otherwise it is dropped. The only frame of a
    /// clip always stays.
    /// </summary>
    public bool CeilMode { get; init; }

    /// <summary>
    /// <c>masked</c>: a clip's scores do not depend on the longer clips of its batch. <c>zeros</c>: they do, since the clip is filled up
    /// with silence to the longest one's end, which its network hears; the solution's way.
    /// </summary>
    public string Padding { get; init; } = "masked";

    /// <summary>Whether it is a ResNet.</summary>
    public bool IsResNet() => Type is "resnet_18" or "resnet_34";

    /// <summary>Whether its output depends on the order of a clip's frames over more than the blocks reach.</summary>
    public bool IsRecurrent() => AggregationType == "rnn";

    /// <summary>Parts whose output can reach the head: the blocks, or a ResNet's four stages.</summary>
    public int Stages() => IsResNet() ? 4 : NumConvBlocks;

    /// <summary>
    /// Channels of a block or stage, counted from 0: growth rate^block × base depth, rounded down; 2^stage × base depth in a ResNet.
    /// </summary>
    public int Depth(int block) => (int)(Math.Pow(IsResNet() ? 2 : GrowthRate, block) * ConvBaseDepth);

    /// <summary>Refuses settings that make no network for these features.</summary>
    /// <exception cref="InputException">They do not; in one line, what and why.</exception>
    public void Check(FeatureDescriptor features)
    {
        if (!Types.Contains(Type))
        {
            throw new InputException($"'{Type}' names no network; known: {string.Join(", ", Types)}.");
        }
        if (!AggregationTypes.Contains(AggregationType))
        {
            throw new InputException($"'{AggregationType}' is no aggregation type; known: {string.Join(", ", AggregationTypes)}.");
        }
        if (!Paddings.Contains(Padding))
        {
            throw new InputException($"'{Padding}' is no padding; known: {string.Join(", ", Paddings)}.");
        }
        if (IsResNet() && IsRecurrent())
        {
            throw new InputException($"{Type} sums its stages up by aggregation_type: max alone; take rnn with cnn_2d or cnn_1d.");
        }
        if (Stages() < 1 || ConvBaseDepth < 1 || Depth(Stages() - 1) < 1 || RnnSize < 1)
        {
            throw new InputException("A network needs at least one block, one channel and one recurrent unit.");
        }
        if (StartDeepSupervisionOn < 0 || StartDeepSupervisionOn >= Stages())
        {
            throw new InputException(
                $"Deep supervision from block {StartDeepSupervisionOn} on: the network has blocks 0 to {Stages() - 1}.");
        }
        if (OutputDropout is < 0 or >= 1)
        {
            throw new InputException("The share of units that dropout silences must be at least 0 and below 1.");
        }
        // A ResNet's stem halves twice and each of its stages but the first once.
        var halvings = IsResNet() ? Stages() + 1 : NumConvBlocks;
        if (Type != "cnn_1d" && features.Bands >> halvings == 0)
        {
            throw new InputException(IsResNet()
                ? $"{Type} halves {features.Bands} bands {halvings} times, away to none; take features of {1 << halvings} bands or more."
                : $"{NumConvBlocks} blocks halve {features.Bands} bands away to none; take fewer blocks or more bands.");
        }
    }
}
