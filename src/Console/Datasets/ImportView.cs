using System.Diagnostics;
using OrleansTagging.Audio;

namespace OrleansTagging.Commands.Datasets;

/// <summary>How far an import is: one line redrawn on a terminal, a line every ten seconds elsewhere.</summary>
internal sealed class ImportView : IProgress<ImportProgress>, IDisposable
{
    private const string Erase = "\r\u001b[K";

    private readonly Terminal _terminal;
    private readonly TimeSpan _every;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _next;

    private ImportView(Terminal terminal)
    {
        _terminal = terminal;
        _every = terminal.IsLive ? TimeSpan.FromSeconds(0.2) : TimeSpan.FromSeconds(10);
        _next = _every;
    }

    public static ImportView For(Terminal terminal) => new(terminal);

    public void Report(ImportProgress value)
    {
        if (_clock.Elapsed < _next)
        {
            return;
        }
        _next = _clock.Elapsed + _every;
        var line = $"{Figures.Count(value.Done)} of {Figures.Count(value.Total)} clips checked, {Figures.Count(value.LeftOut)} left out";
        if (_terminal.IsLive)
        {
            _terminal.Error.Write(Erase + line);
        }
        else
        {
            _terminal.Say(line);
        }
    }

    public void Dispose()
    {
        if (_terminal.IsLive)
        {
            _terminal.Error.Write(Erase);
        }
    }
}
