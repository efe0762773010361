using System.Runtime.InteropServices;

namespace OrleansTagging.Benchmarks;

/// <summary>Times of steps that go round the same batches again and again.</summary>
/// <param name="batches">Number of batches; step i was taken on batch i modulo this.</param>
internal sealed class StepTimes(int batches)
{
    // CLOCK_PROCESS_CPUTIME_ID of Linux: nanoseconds that all threads of the process ran.
    private const int ProcessorClock = 2;

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
    public static double ProcessorNow => ClockGetTime(ProcessorClock, out var time) == 0 ? time.Seconds + 1e-9 * time.Nanoseconds : 0;

    /// <summary>Adds a round, whose first step was taken on the first batch.</summary>
    public void Add(IEnumerable<double> seconds, IEnumerable<double> processor)
    {
        _seconds.AddRange(seconds);
        _processor.AddRange(processor);
    }

    private double OfFastest(List<double> times) =>
        Enumerable.Range(0, batches).Average(batch => times.Where((_, step) => step % batches == batch).Min());

    [DllImport("libc", EntryPoint = "clock_gettime")]
    private static extern int ClockGetTime(int clock, out TimeSpec time);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct TimeSpec
    {
        public readonly nint Seconds;
        public readonly nint Nanoseconds;
    }
}
