using System.Runtime.InteropServices;

namespace OrleansTagging.Commands;

/// <summary>
/// Ctrl-C, SIGTERM and a closed terminal as a cancellation. The first asks the command to stop; a second one, or a command that has
/// not stopped within the grace, ends the process.
/// </summary>
public sealed class Interruption : IDisposable
{
    // Long enough for a Trainer to write its checkpoint and for the silo to say goodbye.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(20);

    private static Action? s_diverted;

    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _registrations = [];

    private Interruption()
    {
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Begins to watch for signals.</summary>
    public static Interruption Watch()
    {
        var interruption = new Interruption();
        foreach (var signal in (ReadOnlySpan<PosixSignal>)[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP])
        {
            interruption._registrations.Add(PosixSignalRegistration.Create(signal, interruption.OnSignal));
        }
        return interruption;
    }

    /// <summary>Lets Ctrl-C do something else for a while: a shell goes on when it ends a command.</summary>
    /// <returns>Ends that.</returns>
    public static IDisposable Divert(Action interrupt)
    {
        s_diverted = interrupt;
        return new Diversion();
    }

    /// <summary>Leaves signals to the runtime again.</summary>
    public void Dispose()
    {
        _registrations.ForEach(registration => registration.Dispose());
        _source.Dispose();
    }

    private void OnSignal(PosixSignalContext signal)
    {
        signal.Cancel = true;
        if (signal.Signal == PosixSignal.SIGINT && s_diverted is { } interrupt)
        {
            interrupt();
            return;
        }
        if (_source.IsCancellationRequested)
        {
            Environment.Exit(ExitCode.Interrupted);
        }
        new Thread(() =>
        {
            Thread.Sleep(Grace);
            Environment.Exit(ExitCode.Interrupted);
        })
        { IsBackground = true }.Start();
        _source.Cancel();
    }

    private sealed class Diversion : IDisposable
    {
        public void Dispose() => s_diverted = null;
    }
}
