using OrleansTagging.Labels;
using OrleansTagging.Recipe;
using static TorchSharp.torch;

namespace OrleansTagging.Learning;

/// <summary>The loss that a training names (<see cref="TrainingSettings.Loss"/>).</summary>
public static class TaggingLoss
{
    /// <summary>The loss, a scalar: mean over the batch's clips.</summary>
    /// <param name="settings">Name the loss and its exponent.</param>
    /// <param name="scores">Scores, <c>[clips, classes]</c>.</param>
    /// <param name="targets">1 where the clip has the class, 0 where it lacks it, or in between; of the scores' shape and type.</param>
    /// <exception cref="InputException">The settings name no loss.</exception>
    public static Tensor Of(TrainingSettings settings, Tensor scores, Tensor targets) => settings.Loss switch
    {
        "lsep" => LsepLoss.Of(scores, targets),
        "bce" => BinaryCrossEntropyLoss.Of(scores, targets),
        "focal" => FocalLoss.Of(scores, targets, settings.FocalGamma),
        _ => throw Unknown(settings.Loss),
    };

    /// <summary>Refuses settings that name no loss, before a training begins.</summary>
    /// <exception cref="InputException">The settings name no loss.</exception>
    public static void Check(TrainingSettings settings)
    {
        if (!TrainingSettings.Losses.Contains(settings.Loss))
        {
            throw Unknown(settings.Loss);
        }
    }

    private static InputException Unknown(string loss) =>
        new($"'{loss}' names no loss; write {string.Join(", ", TrainingSettings.Losses)}.");
}
