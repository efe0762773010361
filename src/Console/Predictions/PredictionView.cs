using System.Diagnostics;
using OrleansTagging.Grains;

namespace OrleansTagging.Commands.Predictions;

/// <summary>How far a prediction is: one line redrawn on a terminal, a line every ten seconds elsewhere.</summary>
internal sealed class PredictionView : IProgress<PredictionProgress>, IDisposable
{
    private const string Erase = "\r\u001b[K";
    private const double SeenEnough = 0.03;

    private readonly Terminal _terminal;
    private readonly int _clips;
    private readonly TimeSpan _every;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _next;

    private PredictionView(Terminal terminal, int clips)
    {
        (_terminal, _clips) = (terminal, clips);
        _every = terminal.IsLive ? TimeSpan.FromSeconds(0.2) : TimeSpan.FromSeconds(10);
        _next = _every;
    }

    public static PredictionView For(Terminal terminal, int clips) => new(terminal, clips);

    public void Report(PredictionProgress value)
    {
        if (_clock.Elapsed < _next)
        {
            return;
        }
        _next = _clock.Elapsed + _every;
        var left = value.Share > SeenEnough
            ? $", about {Figures.Duration(_clock.Elapsed * ((1 - value.Share) / value.Share))} left"
            : "";
        var line = $"{Figures.Count(_clips)} files, {Figures.Count(value.Done)} of {Figures.Count(value.Models)} models through{left}";
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
