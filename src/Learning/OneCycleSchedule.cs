using OrleansTagging.Recipe;

namespace OrleansTagging.Learning;

/// <summary>
/// The one-cycle learning rate (Smith, "A disciplined approach to neural network hyper-parameters", 2018): from the lower rate straight up
/// to the upper one over the first 30 % of the steps, then straight down to a thousandth of the lower one.
/// </summary>
/// <param name="descriptor">The two rates.</param>
/// <param name="steps">Optimiser steps of the whole training.</param>
public sealed class OneCycleSchedule(OneCycleDescriptor descriptor, int steps) : LearningRateSchedule
{
    private const double RisingShare = 0.3;
    private const double LastShare = 1e-3;

    private readonly int _peak = (int)Math.Round(RisingShare * steps);

    /// <inheritdoc/>
    public override double Rate(int step)
    {
        var (low, high) = (descriptor.MinLearningRate, descriptor.MaxLearningRate);
        return step < _peak
            ? low + (high - low) * step / _peak
            : high + (LastShare * low - high) * (step - _peak) / (steps - _peak);
    }
}
