using OrleansTagging.Recipe;

namespace OrleansTagging.Learning;

/// <summary>A learning rate that is multiplied by a factor every few epochs, PyTorch's <c>StepLR</c>.</summary>
/// <param name="descriptor">The first rate, the factor and the epochs.</param>
/// <param name="steps">Optimiser steps of an epoch.</param>
public sealed class StepSchedule(StepDescriptor descriptor, int steps) : LearningRateSchedule
{
    /// <inheritdoc/>
    public override double Rate(int step) =>
        descriptor.LearningRate * Math.Pow(descriptor.Factor, step / steps / descriptor.Epochs);
}
