namespace OrleansTagging.EmbeddedHost;

/// <summary>Runs the tasks of one activation, one at a time, in order, on the thread pool.</summary>
internal sealed class ActivationScheduler(Activation activation) : TaskScheduler, IThreadPoolWorkItem
{
    /// <summary>How long one activation may keep a thread before others get their turn.</summary>
    private const long QuantumMilliseconds = 100;

    private readonly Queue<Task> _tasks = new();
    private bool _running;
    private bool _stopped;

    private EmbeddedCluster Cluster => activation.Silo.Cluster;

    /// <summary>Runs an action as a task of this activation, outside the caller's execution context.</summary>
    public void Run(Action<object?> action, object? state)
    {
        Task task;
        if (ExecutionContext.IsFlowSuppressed())
        {
            task = new Task(action, state);
        }
        else
        {
            using (ExecutionContext.SuppressFlow())
            {
                task = new Task(action, state);
            }
        }

        task.Start(this);
    }

    /// <summary>Drops all tasks, now and in future: what they would have done is as lost as in a process that died.</summary>
    public void Stop()
    {
        lock (_tasks)
        {
            _stopped = true;
            _tasks.Clear();
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        var began = Environment.TickCount64;
        Activation.Current = activation;
        try
        {
            while (true)
            {
                Task? task;
                lock (_tasks)
                {
                    if (!_tasks.TryDequeue(out task))
                    {
                        _running = false;
                        return;
                    }
                }

                TryExecuteTask(task);
                // In a simulation others may come between any two tasks.
                if (Cluster.Simulation is not null || Environment.TickCount64 - began > QuantumMilliseconds)
                {
                    Cluster.Queue(this);
                    return;
                }
            }
        }
        finally
        {
            Activation.Current = null;
        }
    }

    protected override void QueueTask(Task task)
    {
        lock (_tasks)
        {
            if (_stopped)
            {
                return;
            }

            _tasks.Enqueue(task);
            if (_running)
            {
                return;
            }

            _running = true;
        }

        Cluster.Queue(this);
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        !taskWasPreviouslyQueued && Activation.Current == activation && TryExecuteTask(task);

    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (_tasks)
        {
            return [.. _tasks];
        }
    }
}
