using System.Runtime.ExceptionServices;

namespace OrleansTagging.Learning;

/// <summary>
/// Makes items on threads of its own before they are asked for, and hands them out in their order. Which thread makes which item is left to
/// chance; what an item is must not depend on it.
/// </summary>
/// <typeparam name="T">An item.</typeparam>
public sealed class LookAhead<T>
    where T : class
{
    private readonly Lock _gate = new();
    private readonly int _count;
    private readonly int _workers;
    private readonly Func<Func<int, T>> _maker;

    // The items that are made and not yet handed out; the n-th in place n modulo the most there may be.
    private readonly T?[] _made;
    private readonly SemaphoreSlim _free;
    private readonly SemaphoreSlim[] _ready;
    private ExceptionDispatchInfo? _fault;
    private int _next;
    private volatile bool _stopped;

    /// <summary>Prepares; no thread runs until the first item is asked for.</summary>
    /// <param name="count">How many items there are.</param>
    /// <param name="workers">Threads that make them.</param>
    /// <param name="ahead">Most items that are being made or wait to be handed out, together with the one in use.</param>
    /// <param name="maker">Gives each thread what it makes an item with; that serves this thread alone.</param>
    public LookAhead(int count, int workers, int ahead, Func<Func<int, T>> maker)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(workers, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(ahead, 1);
        (_count, _workers, _maker) = (count, Math.Min(workers, count), maker);
        _made = new T?[ahead];
        _free = new SemaphoreSlim(ahead);
        _ready = [.. Enumerable.Range(0, ahead).Select(_ => new SemaphoreSlim(0))];
    }

    /// <summary>The items, once; each is the receiver's until it asks for the next.</summary>
    public IEnumerable<T> Items()
    {
        var threads = new Thread[_workers];
        for (var worker = 0; worker < threads.Length; worker++)
        {
            threads[worker] = new Thread(Make) { IsBackground = true, Name = "look-ahead" };
            threads[worker].Start();
        }
        try
        {
            for (var item = 0; item < _count; item++)
            {
                var place = item % _made.Length;
                _ready[place].Wait();
                var made = _made[place];
                if (made is null)
                {
                    _fault!.Throw();
                }
                _made[place] = null;
                yield return made!;
                _free.Release();
            }
        }
        finally
        {
            _stopped = true;
            _free.Release(_workers);
            foreach (var thread in threads)
            {
                thread.Join();
            }
        }
    }

    private void Make()
    {
        Func<int, T>? make = null;
        while (true)
        {
            _free.Wait();
            int item;
            lock (_gate)
            {
                if (_stopped || _next == _count)
                {
                    return;
                }
                item = _next++;
            }
            var place = item % _made.Length;
            try
            {
                make ??= _maker();
                _made[place] = make(item);
            }
            catch (Exception fault)
            {
                // Thrown where the item is asked for; the others end.
                _fault ??= ExceptionDispatchInfo.Capture(fault);
                _stopped = true;
                _ready[place].Release();
                return;
            }
            _ready[place].Release();
        }
    }
}
