using OrleansTagging.Recipe;

namespace OrleansTagging.Learning;

/// <summary>A learning rate that is multiplied by a factor every few epochs, PyTorch's <c>StepLR</c>.</summary>
/// <param name="descriptor">The factor and the epochs.</param>
/// <param name="lr">The first rate.</param>
/// <param name="steps">Optimiser steps of an epoch.</param>
public sealed class StepSchedule(StepDescriptor descriptor, double lr, int steps) : LearningRateSchedule
{
    /// <inheritdoc/>
    public override double Rate(int step) => lr * Math.Pow(descriptor.Gamma, step / steps / descriptor.StepSize);
}
