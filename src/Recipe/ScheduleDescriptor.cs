using System.Globalization;
using OrleansTagging.Labels;

namespace OrleansTagging.Recipe;

/// <summary>
/// A learning-rate schedule by its name: <c>1cycle_0.0001_0.005</c> rises from the first rate to the second and falls back again over the
/// whole of training (Smith, "A disciplined approach to neural network hyper-parameters", 2018).
/// </summary>
/// <param name="MinLearningRate">The rate at the start and at the end.</param>
/// <param name="MaxLearningRate">The rate at the peak.</param>
public sealed record ScheduleDescriptor(double MinLearningRate, double MaxLearningRate)
{
    /// <summary>Reads a descriptor from its name.</summary>
    /// <exception cref="InputException">The name is not of the form, or the rates are not 0 &lt; min ≤ max.</exception>
    public static ScheduleDescriptor Parse(string name)
    {
        var parts = name.Split('_');
        if (parts.Length == 3 && parts[0] == "1cycle"
            && double.TryParse(parts[1], NumberStyles.Float, CultureInfo.InvariantCulture, out var min)
            && double.TryParse(parts[2], NumberStyles.Float, CultureInfo.InvariantCulture, out var max)
            && min > 0 && max >= min && double.IsFinite(max))
        {
            return new ScheduleDescriptor(min, max);
        }
        throw new InputException($"'{name}' names no schedule; write 1cycle_<min>_<max>, for instance 1cycle_0.0001_0.005.");
    }

    /// <summary>The name that <see cref="Parse"/> reads.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"1cycle_{MinLearningRate}_{MaxLearningRate}");
}
