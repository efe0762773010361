using System.Text.Json;

namespace OrleansTagging.Recipe;

/// <summary>One line that a Trainer writes to its standard output: a step forward, or the end.</summary>
public sealed record TrainerMessage
{
    /// <summary><c>progress</c>, <c>waiting</c>, <c>result</c> or <c>error</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Epochs begun, counted from 1; 0 in a prediction.</summary>
    public int Epoch { get; init; }

    /// <summary>Epochs in all; 0 in a prediction.</summary>
    public int Epochs { get; init; }

    /// <summary>Steps of the optimiser done, over all epochs; batches in a prediction.</summary>
    public int Step { get; init; }

    /// <summary>Steps in all.</summary>
    public int Steps { get; init; }

    /// <summary>Mean loss of the epoch so far.</summary>
    public double? Loss { get; init; }

    /// <summary>lwlrap on the validation clips after the last whole epoch.</summary>
    public double? Lwlrap { get; init; }

    /// <summary>Largest resident set of the process, in bytes.</summary>
    public long? PeakMemory { get; init; }

    /// <summary>Seconds since the process began its job.</summary>
    public double? Seconds { get; init; }

    /// <summary>
    /// Seconds since the job last moved on; only in a <c>progress</c> that repeats the one before as a sign of life. A job that has not
    /// moved for ten minutes gives none.
    /// </summary>
    public double? Idle { get; init; }

    /// <summary>The result; only in a <c>result</c>.</summary>
    public JobResult? Result { get; init; }

    /// <summary>What went wrong, in one line; only in an <c>error</c>, and in a <c>waiting</c> what is waited out.</summary>
    public string? Error { get; init; }

    /// <summary>Whether the fault lies in the input, so that trying again is of no use; only in an <c>error</c>.</summary>
    public bool? BadInput { get; init; }

    /// <summary>The line, without its end.</summary>
    public string ToLine() => JsonSerializer.Serialize(this, RecipeJson.Default.TrainerMessage);

    /// <summary>Reads a line; <c>null</c> for a line that is no message.</summary>
    public static TrainerMessage? TryParse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, RecipeJson.Default.TrainerMessage);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
