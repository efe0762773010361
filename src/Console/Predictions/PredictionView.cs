using OrleansTagging.Grains;

namespace OrleansTagging.Commands.Predictions;

/// <summary>How far a prediction is.</summary>
internal sealed class PredictionView(Terminal terminal, int clips) : IProgress<PredictionProgress>, IDisposable
{
    private const double SeenEnough = 0.03;

    private readonly ProgressLine _line = new(terminal);

    public void Report(PredictionProgress value) => _line.Tell(() =>
    {
        var left = value.Share > SeenEnough
            ? $", about {Figures.Duration(_line.Elapsed * ((1 - value.Share) / value.Share))} left"
            : "";
        return $"{Figures.Count(clips)} files, {Figures.Count(value.Done)} of {Figures.Count(value.Models)} models through{left}";
    });

    public void Dispose() => _line.Dispose();
}
