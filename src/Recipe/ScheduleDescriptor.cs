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
            "steplr" when figures.Length == 3 && Number(figures[2], out var gamma) && gamma <= 1
                && int.TryParse(figures[1], NumberStyles.None, CultureInfo.InvariantCulture, out var epochs) && epochs > 0 =>
                new StepDescriptor(epochs, gamma),
            "step" => throw new InputException(
                $"'{name}': a step's rate has its own key now; write lr: <rate> and scheduler: steplr_<epochs>_<factor>."),
            _ => throw new InputException($"'{name}' names no scheduler; write 1cycle_<min>_<max>, for instance 1cycle_0.0001_0.005, "
                + "or steplr_<epochs>_<factor>, for instance steplr_10_0.5."),
        };
    }

    private static bool Number(string text, out double number) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && number > 0 && double.IsFinite(number);
}

/// <summary>
/// <c>1cycle_0.0001_0.005</c>: the rate rises from the first to the second and falls to a thousandth of the first over the whole of training (Smith, "A
/// disciplined approach to neural network hyper-parameters", 2018).
/// </summary>
/// <param name="MinLearningRate">The rate at the start.</param>
/// <param name="MaxLearningRate">The rate at the peak.</param>
public sealed record OneCycleDescriptor(double MinLearningRate, double MaxLearningRate) : ScheduleDescriptor
{
    /// <summary>The schedule's name.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"1cycle_{MinLearningRate}_{MaxLearningRate}");
}

/// <summary><c>steplr_10_0.5</c>: every so many epochs the rate, at first the training's <c>lr</c>, is multiplied by the factor.</summary>
/// <param name="StepSize">Epochs from one multiplication to the next.</param>
/// <param name="Gamma">What it is multiplied by, over (0, 1].</param>
public sealed record StepDescriptor(int StepSize, double Gamma) : ScheduleDescriptor
{
    /// <summary>The schedule's name.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"steplr_{StepSize}_{Gamma}");
}
