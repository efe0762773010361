using OrleansTagging.Abstractions;
using OrleansTagging.Recipe;

namespace OrleansTagging.Grains;

/// <summary>How a Trainer ended.</summary>
public sealed record TrainerOutcome
{
    // TrainerProgram's for a job that was told to stop; a shell's for an interrupt.
    private const int StoppedCode = 130;
    private const int SignalBase = 128;
    private const int HighestSignal = 64;

    private static readonly string[] MemoryWords = ["out of memory", "OutOfMemoryException", "bad_alloc", "cannot allocate memory"];

    // signal(7); the numbers are those of Linux on x86 and ARM.
    private static readonly Dictionary<int, string> Signals = new()
    {
        [1] = "SIGHUP",
        [3] = "SIGQUIT",
        [4] = "SIGILL",
        [5] = "SIGTRAP",
        [6] = "SIGABRT",
        [7] = "SIGBUS",
        [8] = "SIGFPE",
        [9] = "SIGKILL",
        [11] = "SIGSEGV",
        [13] = "SIGPIPE",
        [15] = "SIGTERM",
        [24] = "SIGXCPU",
        [25] = "SIGXFSZ",
    };

    /// <summary>Exit code; 128 and the number of the signal that ended it; <c>null</c> where the Trainer could not be started.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The result; <c>null</c> where there is none.</summary>
    public JobResult? Result { get; init; }

    /// <summary>What went wrong, in one line; <c>null</c> with a result.</summary>
    public string? Error { get; init; }

    /// <summary>Whether the fault lies in the input, so that trying again is of no use.</summary>
    public bool BadInput { get; init; }

    /// <summary>Whether it was ended because it was told to stop.</summary>
    public bool Stopped { get; init; }

    /// <summary>Whether it was ended because it gave no sign of life.</summary>
    public bool Hung { get; init; }

    /// <summary>Whether the kernel ended processes for want of memory while it ran.</summary>
    public bool KernelLackedMemory { get; init; }

    /// <summary>Last lines of its standard error.</summary>
    public required string[] LastOutput { get; init; }

    /// <summary>Seconds from its start to its end.</summary>
    public required double Seconds { get; init; }

    /// <summary>Its largest resident set in bytes, as it told.</summary>
    public long? PeakMemory { get; init; }

    /// <summary>The kind of its end.</summary>
    public JobEnd End =>
        Result is not null ? JobEnd.Done
        : Stopped ? JobEnd.Stopped
        : ExitCode is null ? JobEnd.NotStarted
        : Hung ? JobEnd.Hung
        : BadInput ? JobEnd.BadInput
        : LackedMemory ? JobEnd.OutOfMemory
        : ExitCode == StoppedCode ? JobEnd.Stopped
        : Signal is not null ? JobEnd.Signal
        : ExitCode == 0 ? JobEnd.BadResult
        : JobEnd.Fault;

    /// <summary>The kind of its end in words that follow "its Trainer".</summary>
    public string Ending => End switch
    {
        JobEnd.Hung => "gave no sign of life any more and was ended",
        JobEnd.OutOfMemory when Signal is not null => $"ran out of memory and was ended by {Signal}",
        JobEnd.OutOfMemory => $"ran out of memory (exit code {ExitCode})",
        JobEnd.Stopped => "was told to stop by somebody else",
        JobEnd.Signal => $"was ended by {Signal} (exit code {ExitCode})",
        JobEnd.BadResult => "told of success but left no result",
        JobEnd.NotStarted => "could not be started",
        _ => $"ended with exit code {ExitCode}",
    };

    private string? Signal => (ExitCode < 0 ? -ExitCode : ExitCode - SignalBase) is > 0 and <= HighestSignal and { } number
        ? Signals.GetValueOrDefault(number) ?? $"signal {number}"
        : null;

    private bool LackedMemory => ExitCode != 0
        && ((KernelLackedMemory && Signal == "SIGKILL")
            || LastOutput.Append(Error).Any(line => Array.Exists(MemoryWords, word =>
                line?.Contains(word, StringComparison.OrdinalIgnoreCase) ?? false)));
}
