using System.Diagnostics;

namespace OrleansTagging.Commands;

/// <summary>How far something is: one line redrawn on a terminal, a line every ten seconds elsewhere.</summary>
internal sealed class ProgressLine : IDisposable
{
    private const string Erase = "\r\u001b[K";

    private readonly Terminal _terminal;
    private readonly TimeSpan _every;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Lock _turn = new();
    private TimeSpan _next;

    /// <summary>Begins the clock.</summary>
    public ProgressLine(Terminal terminal)
    {
        _terminal = terminal;
        _every = terminal.IsLive ? TimeSpan.FromSeconds(0.2) : TimeSpan.FromSeconds(10);
        _next = _every;
    }

    /// <summary>Time since the beginning.</summary>
    public TimeSpan Elapsed => _clock.Elapsed;

    /// <summary>Tells the line, unless the one before was told just now.</summary>
    public void Tell(Func<string> line)
    {
        lock (_turn)
        {
            if (_clock.Elapsed < _next)
            {
                return;
            }
            _next = _clock.Elapsed + _every;
            if (_terminal.IsLive)
            {
                _terminal.Error.Write(Erase + line());
            }
            else
            {
                _terminal.Say(line());
            }
        }
    }

    /// <summary>Shows on a terminal what begins, where it takes its time.</summary>
    public void Begin(string what)
    {
        if (_terminal.IsLive)
        {
            _terminal.Error.Write(Erase + what);
        }
    }

    /// <summary>Says a line that stays.</summary>
    public void Say(string line)
    {
        Dispose();
        _terminal.Say(line);
    }

    /// <summary>Leaves nothing of itself on a terminal.</summary>
    public void Dispose()
    {
        if (_terminal.IsLive)
        {
            _terminal.Error.Write(Erase);
        }
    }
}
