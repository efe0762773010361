using System.Diagnostics;
using OrleansTagging.Recipe;

namespace OrleansTagging.Learning;

/// <summary>The learning rate of every step of a training.</summary>
public abstract class LearningRateSchedule
{
    /// <summary>The schedule of a descriptor.</summary>
    /// <param name="descriptor">Its kind and its figures.</param>
    /// <param name="epochs">Epochs of the whole training.</param>
    /// <param name="steps">Optimiser steps of an epoch.</param>
    public static LearningRateSchedule Of(ScheduleDescriptor descriptor, int epochs, int steps) => descriptor switch
    {
        OneCycleDescriptor cycle => new OneCycleSchedule(cycle, epochs * steps),
        StepDescriptor step => new StepSchedule(step, steps),
        _ => throw new UnreachableException(),
    };

    /// <summary>The learning rate of a step, counted from 0 over all epochs.</summary>
    public abstract double Rate(int step);
}
