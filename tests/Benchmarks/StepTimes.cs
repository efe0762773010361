using System.Runtime.InteropServices;

namespace OrleansTagging.Benchmarks;

/// <summary>Times of steps that go round the same batches again and again.</summary>
/// <param name="batches">Number of batches; step i was taken on batch i modulo this.</param>
internal sealed class StepTimes(int batches)
{
    // CLOCK_PROCESS_CPUTIME_ID of Linux: nanoseconds that all threads of the process ran.
    private const int ProcessorClock = 2;

    // CLOCK_THREAD_CPUTIME_ID: nanoseconds that this thread ran.
    private const int ThreadClock = 3;

    // RUSAGE_CHILDREN.
    private const int Children = -1;

    private readonly List<double> _seconds = [];
    private readonly List<double> _processor = [];

    /// <summary>Median of all steps by the clock, seconds.</summary>
    public double Median => _seconds.Order().ElementAt(_seconds.Count / 2);

    /// <summary>
    /// The fastest time of each batch by the clock, averaged over the batches, seconds: what a step takes when nothing else runs.
    /// </summary>
    public double Undisturbed => OfFastest(_seconds);

    /// <summary>The least time of the processor for each batch, over all threads, averaged over the batches, seconds.</summary>
    public double Processor => OfFastest(_processor);

    /// <summary>Seconds that the threads of this process have run.</summary>
    public static double ProcessorNow => Now(ProcessorClock);

    /// <summary>Seconds that this thread has run.</summary>
    public static double ThreadNow => Now(ThreadClock);

    /// <summary>Seconds that the child processes that have ended ran.</summary>
    public static double ChildrenNow => GetResourceUsage(Children, out var usage) == 0
        ? usage.UserSeconds + usage.SystemSeconds + 1e-6 * (usage.UserMicroseconds + usage.SystemMicroseconds)
        : 0;

    /// <summary>Adds a round, whose first step was taken on the first batch.</summary>
    public void Add(IEnumerable<double> seconds, IEnumerable<double> processor)
    {
        _seconds.AddRange(seconds);
        _processor.AddRange(processor);
    }

    private double OfFastest(List<double> times) =>
        Enumerable.Range(0, batches).Average(batch => times.Where((_, step) => step % batches == batch).Min());

    private static double Now(int clock) => ClockGetTime(clock, out var time) == 0 ? time.Seconds + 1e-9 * time.Nanoseconds : 0;

    [DllImport("libc", EntryPoint = "clock_gettime")]
    private static extern int ClockGetTime(int clock, out TimeSpec time);

    [DllImport("libc", EntryPoint = "getrusage")]
    private static extern int GetResourceUsage(int whose, out ResourceUsage usage);

    // Fourteen more figures follow, of eight bytes each.
    [StructLayout(LayoutKind.Sequential, Size = 18 * 8)]
    private readonly struct ResourceUsage
    {
        public readonly nint UserSeconds;
        public readonly nint UserMicroseconds;
        public readonly nint SystemSeconds;
        public readonly nint SystemMicroseconds;
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct TimeSpec
    {
        public readonly nint Seconds;
        public readonly nint Nanoseconds;
    }
}
