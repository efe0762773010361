using System.Diagnostics;

namespace OrleansTagging.EmbeddedHost;

/// <summary>
/// One thread, one clock and one source of chance for a whole cluster: what happens, and in which order, follows from the seed alone.
/// Whatever is ready to run is drawn by chance, and the clock moves on only when nothing is ready, so that hours pass in milliseconds.
/// </summary>
/// <remarks>
/// Give it to an <see cref="EmbeddedCluster"/>. Code in it must not leave the thread: no <c>Task.Run</c>, no timers of the system, no
/// input or output that ends on another thread. Work that does is noted in <see cref="Stray"/>, since no seed replays it.
/// </remarks>
public sealed class Simulation
{
    private const long MostSteps = 2_000_000;
    private const int NotesKept = 12;

    private readonly List<object> _ready = [];
    private readonly LoopScheduler _scheduler;
    private readonly ulong _seed;
    private readonly Random _order;
    private readonly Queue<string> _notes = new();
    private ulong _trace = 14695981039346656037;
    private int _thread;

    /// <summary>Begins at the start of 2026, with nothing to do.</summary>
    public Simulation(int seed)
    {
        Seed = seed;
        _seed = (uint)seed;
        _scheduler = new LoopScheduler(this);
        _order = ChanceOf("order");
        Time = new VirtualTime(this);
    }

    /// <summary>What everything follows from.</summary>
    public int Seed { get; }

    /// <summary>The clock; timers, reminders, delays and timeouts of the cluster run on it.</summary>
    public VirtualTime Time { get; }

    /// <summary>Runs tasks on the simulation's thread; what a program would give to the thread pool goes here.</summary>
    public TaskScheduler Scheduler => _scheduler;

    /// <summary>How many pieces of work have been run.</summary>
    public long Steps { get; private set; }

    /// <summary>A hash of the calls sent so far and of when they were: the same for every run of a seed.</summary>
    public ulong Trace => _trace;

    /// <summary>The stack of the first piece of work that came from another thread; null where none did.</summary>
    public string? Stray { get; private set; }

    /// <summary>Random numbers for one purpose: drawing for another never changes them.</summary>
    public Random ChanceOf(string purpose)
    {
        // FNV-1a, since a string's own hash is another in every process.
        var key = _seed ^ 14695981039346656037;
        foreach (var letter in purpose)
        {
            key = (key ^ letter) * 1099511628211;
        }

        return new Random((int)(key ^ (key >> 32)));
    }

    /// <summary>Runs work to its end on this thread, and with it all that happens meanwhile.</summary>
    /// <param name="work">The work: it begins on <see cref="Scheduler"/>.</param>
    /// <param name="limit">How much virtual time it may take.</param>
    /// <exception cref="TimeoutException">It took longer, or all came to a halt before its end.</exception>
    public void Run(Func<Task> work, TimeSpan limit)
    {
        // A context of the caller's would take what is awaited to another thread.
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            Loop(work, limit);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    /// <summary>Lets work have its turn sometime before the clock moves on.</summary>
    internal void Queue(IThreadPoolWorkItem item) => Add(item);

    /// <summary>Runs an action as a task of its own.</summary>
    internal void Post(Action<object?> action, object? state)
    {
        using (ExecutionContext.IsFlowSuppressed() ? default(AsyncFlowControl?) : ExecutionContext.SuppressFlow())
        {
            new Task(action, state).Start(_scheduler);
        }
    }

    /// <summary>Takes a line into <see cref="Trace"/>.</summary>
    internal void Note(string line)
    {
        if (_notes.Count == NotesKept)
        {
            _notes.Dequeue();
        }

        _notes.Enqueue($"{Time.Elapsed} {line}");
        _trace = (_trace ^ (ulong)Time.Elapsed.Ticks) * 1099511628211;
        foreach (var letter in line)
        {
            _trace = (_trace ^ letter) * 1099511628211;
        }
    }

    private void Loop(Func<Task> work, TimeSpan limit)
    {
        _thread = Environment.CurrentManagedThreadId;
        var end = Time.Elapsed + limit;
        var task = Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, _scheduler).Unwrap();
        while (!task.IsCompleted)
        {
            if (Take() is { } ready)
            {
                if (++Steps > MostSteps)
                {
                    throw new TimeoutException(
                        $"seed {Seed}: {MostSteps} steps and no end; the last calls: {string.Join("; ", _notes)}.");
                }

                Execute(ready);
            }
            else if (!Time.MoveOn(end))
            {
                throw new TimeoutException(Time.Elapsed >= end
                    ? $"seed {Seed}: no end after {limit} of virtual time."
                    : $"seed {Seed}: nothing is left to happen at {Time.Elapsed}, and the work has not ended.");
            }
        }

        task.GetAwaiter().GetResult();
    }

    private void Add(object item)
    {
        lock (_ready)
        {
            if (_thread != 0 && _thread != Environment.CurrentManagedThreadId)
            {
                Stray ??= new StackTrace(fNeedFileInfo: true).ToString();
            }

            _ready.Add(item);
        }
    }

    private object? Take()
    {
        lock (_ready)
        {
            if (_ready.Count == 0)
            {
                return null;
            }

            var at = _order.Next(_ready.Count);
            var item = _ready[at];
            _ready[at] = _ready[^1];
            _ready.RemoveAt(_ready.Count - 1);
            return item;
        }
    }

    private void Execute(object ready)
    {
        if (ready is Task task)
        {
            _scheduler.Execute(task);
        }
        else
        {
            ((IThreadPoolWorkItem)ready).Execute();
        }
    }

    private sealed class LoopScheduler(Simulation simulation) : TaskScheduler
    {
        public void Execute(Task task) => TryExecuteTask(task);

        protected override void QueueTask(Task task) => simulation.Add(task);

        // Never in the midst of what runs: its turn is drawn like any other.
        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

        protected override IEnumerable<Task> GetScheduledTasks()
        {
            lock (simulation._ready)
            {
                return [.. simulation._ready.OfType<Task>()];
            }
        }
    }
}
