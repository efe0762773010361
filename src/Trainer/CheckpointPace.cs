using System.Globalization;
using OrleansTagging.Labels;

namespace OrleansTagging.Trainer;

/// <summary>
/// How often a training leaves a checkpoint: after so many steps, after so many seconds, whichever comes first. It changes no result.
/// </summary>
/// <param name="Steps">Steps of the optimiser; 0 where they do not count.</param>
/// <param name="Every">Time; zero where it does not count.</param>
internal readonly record struct CheckpointPace(int Steps, TimeSpan Every)
{
    /// <summary>The names of the options.</summary>
    public static string[] Options { get; } = [StepsOption, SecondsOption];

    private const string StepsOption = "--checkpoint-steps";
    private const string SecondsOption = "--checkpoint-seconds";

    /// <summary>Reads the pace from the options; every half minute where they do not name one.</summary>
    /// <exception cref="InputException">A value is no whole number from 0 up.</exception>
    public static CheckpointPace Of(Dictionary<string, string> options) =>
        new(Number(options, StepsOption, 0), TimeSpan.FromSeconds(Number(options, SecondsOption, 30)));

    private static int Number(Dictionary<string, string> options, string name, int otherwise) =>
        !options.TryGetValue(name, out var text) ? otherwise
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw new InputException($"{name} needs a whole number from 0 up, not '{text}'.");
}
