using System.Globalization;
using OrleansTagging.Labels;

namespace OrleansTagging.Recipe;

/// <summary>A learning-rate schedule by its name: <see cref="OneCycleDescriptor"/> or <see cref="StepDescriptor"/>.</summary>
public abstract record ScheduleDescriptor
{
    private protected ScheduleDescriptor()
    {
    }

    /// <summary>Reads a descriptor from its name; its <see cref="object.ToString"/> is that name again.</summary>
    /// <exception cref="InputException">The name is not of a form, or its figures are out of range.</exception>
    public static ScheduleDescriptor Parse(string name)
    {
        var figures = name.Split('_');
        return figures[0] switch
        {
            "1cycle" when figures.Length == 3 && Number(figures[1], out var low) && Number(figures[2], out var high) && low <= high =>
                new OneCycleDescriptor(low, high),
            "step" when figures.Length == 4 && Number(figures[1], out var rate) && Number(figures[2], out var factor) && factor <= 1
                && int.TryParse(figures[3], NumberStyles.None, CultureInfo.InvariantCulture, out var epochs) && epochs > 0 =>
                new StepDescriptor(rate, factor, epochs),
            _ => throw new InputException($"'{name}' names no schedule; write 1cycle_<min>_<max>, for instance 1cycle_0.0001_0.005, "
                + "or step_<rate>_<factor>_<epochs>, for instance step_0.05_0.5_10."),
        };
    }

    private static bool Number(string text, out double number) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && number > 0 && double.IsFinite(number);
}

/// <summary>
/// <c>1cycle_0.0001_0.005</c>: the rate rises from the first to the second and falls back again over the whole of training (Smith, "A
/// disciplined approach to neural network hyper-parameters", 2018).
/// </summary>
/// <param name="MinLearningRate">The rate at the start.</param>
/// <param name="MaxLearningRate">The rate at the peak.</param>
public sealed record OneCycleDescriptor(double MinLearningRate, double MaxLearningRate) : ScheduleDescriptor
{
    /// <summary>The schedule's name.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"1cycle_{MinLearningRate}_{MaxLearningRate}");
}

/// <summary><c>step_0.05_0.5_10</c>: the rate begins at the first figure and is multiplied by the second every so many epochs.</summary>
/// <param name="LearningRate">The rate at the start.</param>
/// <param name="Factor">What it is multiplied by, over (0, 1].</param>
/// <param name="Epochs">Epochs from one multiplication to the next.</param>
public sealed record StepDescriptor(double LearningRate, double Factor, int Epochs) : ScheduleDescriptor
{
    /// <summary>The schedule's name.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"step_{LearningRate}_{Factor}_{Epochs}");
}
