using OrleansTagging.Recipe;

namespace OrleansTagging.Grains.Planning;

/// <summary>
/// How much a job computes, in multiplications of its convolutions: rough, yet in proportion from model to model and from list to list,
/// which is all that an estimate from the pace of other jobs needs.
/// </summary>
internal static class JobWork
{
    // A training step goes forward once and backward about twice.
    private const double Forward = 1;
    private const double ForwardAndBackward = 3;
    private const int ImageKernel = 9;
    private const int FrameKernel = 3;
    // ResNet (He et al., 2016): a 7×7 stem that halves frames and bands, pooling that halves them again, and the blocks of each stage.
    private const int StemKernel = 49;
    private static readonly int[] s_shallow = [2, 2, 2, 2];
    private static readonly int[] s_deep = [3, 4, 6, 3];

    /// <summary>Of a training.</summary>
    /// <param name="model">The model.</param>
    /// <param name="training">Its training.</param>
    /// <param name="rate">Sample rate in Hz.</param>
    /// <param name="train">Seconds of each clip trained on.</param>
    /// <param name="validation">Seconds of each clip validated on.</param>
    public static double Training(
        ModelSettings model, TrainingSettings training, int rate, IEnumerable<double> train, IEnumerable<double> validation)
    {
        var seconds = ForwardAndBackward * train.Sum(length => Math.Min(length, training.MaxAudioLength)) + Forward * validation.Sum();
        return training.Epochs * seconds * PerSecond(model, rate);
    }

    /// <summary>Of a prediction.</summary>
    /// <param name="model">The model.</param>
    /// <param name="rate">Sample rate in Hz.</param>
    /// <param name="clips">Seconds of each clip.</param>
    public static double Prediction(ModelSettings model, int rate, IEnumerable<double> clips) =>
        Forward * clips.Sum() * PerSecond(model, rate);

    /// <summary>Multiplications for a second of sound, forward.</summary>
    public static double PerSecond(ModelSettings model, int rate)
    {
        var features = FeatureDescriptor.Parse(model.Features);
        var frames = (double)rate / features.HopSize;
        return model.Network.Type switch
        {
            "cnn_1d" => Blocks(model.Network, frames, features.Bands, FrameKernel, shrinks: 2),
            "cnn_2d" => Blocks(model.Network, frames * features.Bands, model.Network.FrequencyMap ? 2 : 1, ImageKernel, shrinks: 4),
            _ => ResNet(model.Network, frames * features.Bands),
        };
    }

    private static double Blocks(NetworkSettings network, double places, int inputs, int kernel, int shrinks)
    {
        var multiplications = 0.0;
        for (var block = 0; block < network.NumConvBlocks; block++)
        {
            var outputs = network.Depth(block);
            multiplications += places * kernel * inputs * outputs;
            places /= shrinks;
            // A residual block: 1×1, the kernel and 1×1 again.
            multiplications += places * (1 + kernel + 1) * outputs * outputs;
            inputs = outputs;
        }
        return multiplications;
    }

    private static double ResNet(NetworkSettings network, double places)
    {
        var channels = (double)network.ConvBaseDepth;
        var multiplications = places / 4 * StemKernel * 2 * channels;
        places /= 16;
        foreach (var blocks in network.Type == "resnet_34" ? s_deep : s_shallow)
        {
            // Two 3×3 convolutions a block; the next stage has a quarter of the places and twice the channels.
            multiplications += blocks * 2 * places * ImageKernel * channels * channels;
            (places, channels) = (places / 4, 2 * channels);
        }
        return multiplications;
    }
}
