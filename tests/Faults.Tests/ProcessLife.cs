namespace OrleansTagging.Faults.Tests;

/// <summary>What is written.</summary>
public enum WriteKind
{
    /// <summary>A state: of a grain or of the scheduler.</summary>
    State,

    /// <summary>An artifact, by the silo or its Trainer.</summary>
    Artifact,
}

/// <summary>A point at which a process dies: before or after it has done its n-th write of a kind.</summary>
/// <param name="Kind">What is written.</param>
/// <param name="Number">The write, counted from 1.</param>
/// <param name="After">Whether the write is done.</param>
public readonly record struct CrashPoint(WriteKind Kind, int Number, bool After)
{
    public override string ToString() => $"{(After ? "after" : "before")} {Kind.ToString().ToLowerInvariant()} {Number}";
}

/// <summary>
/// The life of one process as its disk sees it. From its crash point on it reads and writes nothing more: its calls to the disk never
/// return, so that no handler of the process runs that a dead one would not run.
/// </summary>
internal sealed class ProcessLife(CrashPoint? crash = null)
{
    private readonly TaskCompletionSource _died = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly int[] _writes = new int[Enum.GetValues<WriteKind>().Length];
    private readonly Lock _gate = new();
    private bool _isDead;

    /// <summary>Completes when the crash point is reached.</summary>
    public Task Died => _died.Task;

    /// <summary>What was being written at the crash point.</summary>
    public string? DiedAt { get; private set; }

    /// <summary>Writes of a kind so far.</summary>
    public int Writes(WriteKind kind)
    {
        lock (_gate)
        {
            return _writes[(int)kind];
        }
    }

    /// <summary>The disk serves a process that has ended no more.</summary>
    public void End()
    {
        lock (_gate)
        {
            _isDead = true;
        }
    }

    public async Task ReadAsync()
    {
        bool isDead;
        lock (_gate)
        {
            isDead = _isDead;
        }
        if (isDead)
        {
            await Never();
        }
    }

    public async Task<T> WriteAsync<T>(WriteKind kind, string what, Func<T> write)
    {
        T written;
        lock (_gate)
        {
            if (!_isDead)
            {
                var point = new CrashPoint(kind, ++_writes[(int)kind], After: false);
                if (point != crash)
                {
                    written = write();
                    if (point with { After = true } != crash)
                    {
                        return written;
                    }
                }
                (_isDead, DiedAt) = (true, what);
                _died.SetResult();
            }
        }
        await Never();
        throw new System.Diagnostics.UnreachableException();
    }

    private static Task Never() => new TaskCompletionSource().Task;
}
