using System.Diagnostics;
using System.Runtime.InteropServices;

namespace OrleansTagging.Trainer;

/// <summary>
/// The process that started this one. When it dies, however it dies, this one is told to stop: on Linux the kernel sends a signal, beside
/// the end of standard input (<see cref="StandardInput"/>), which someone else may still hold open.
/// </summary>
internal static partial class ParentProcess
{
    private const int SetDeathSignal = 1; // PR_SET_PDEATHSIG, linux/prctl.h
    private const int UserSignal = 10; // SIGUSR1 of Linux, which the runtime does not use

    /// <summary>Longest time from the word to stop to the end, however the work takes it.</summary>
    private static readonly TimeSpan _grace = TimeSpan.FromSeconds(30);

    /// <summary>Watches the parent.</summary>
    /// <param name="stop">Called when it has died.</param>
    /// <returns>What ends the watch; <c>null</c> where the system has no such signal.</returns>
    public static IDisposable? Watch(Action stop)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }
        var parent = ParentId();
        // The kernel sends the signal when the thread that started this process ends, and a thread of a pool may end long before its
        // process. Only another parent means that the process has died.
        var registration = PosixSignalRegistration.Create((PosixSignal)UserSignal, signal =>
        {
            signal.Cancel = true;
            if (ParentId() != parent)
            {
                stop();
            }
        });
        _ = Control(SetDeathSignal, UserSignal, 0, 0, 0);
        return registration;
    }

    /// <summary>
    /// Ends this process by force if it has not ended a while after it was told to stop: nobody is there any more to do it.
    /// </summary>
    public static void EndByForce() => new Thread(() =>
    {
        Thread.Sleep(_grace);
        using var self = Process.GetCurrentProcess();
        self.Kill();
    })
    { IsBackground = true, Name = "end by force" }.Start();

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int Control(int option, nuint argument, nuint third, nuint fourth, nuint fifth);

    [LibraryImport("libc", EntryPoint = "getppid")]
    private static partial int ParentId();
}
