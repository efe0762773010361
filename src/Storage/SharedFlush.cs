namespace OrleansTagging.Storage;

/// <summary>A slow flush for many threads: one runs it for all who asked before it began.</summary>
internal sealed class SharedFlush(Action flush)
{
    private readonly Lock _gate = new();
    private long _asked;
    private long _done;

    /// <summary>Returns when a flush that began after this call has ended well.</summary>
    public void Run()
    {
        var own = Interlocked.Increment(ref _asked);
        lock (_gate)
        {
            if (_done >= own)
            {
                return;
            }
            var all = Interlocked.Read(ref _asked);
            // Where it fails, the fault is this thread's, and the next in line tries for itself.
            flush();
            _done = all;
        }
    }
}
