using System.Diagnostics;
using OrleansTagging.Recipe;

namespace OrleansTagging.Learning;

/// <summary>The learning rate of every step of a training.</summary>
public abstract class LearningRateSchedule
{
    /// <summary>The schedule of a training.</summary>
    /// <param name="settings">Its scheduler, the first rate and its epochs.</param>
    /// <param name="steps">Optimiser steps of an epoch.</param>
    /// <exception cref="Labels.InputException">The scheduler's name is not of a form.</exception>
    public static LearningRateSchedule Of(TrainingSettings settings, int steps) => ScheduleDescriptor.Parse(settings.Scheduler) switch
    {
        OneCycleDescriptor cycle => new OneCycleSchedule(cycle, settings.Epochs * steps),
        StepDescriptor step => new StepSchedule(step, settings.Lr, steps),
        _ => throw new UnreachableException(),
    };

    /// <summary>The learning rate of a step, counted from 0 over all epochs.</summary>
    public abstract double Rate(int step);
}
