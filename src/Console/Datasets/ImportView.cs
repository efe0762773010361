using OrleansTagging.Audio;

namespace OrleansTagging.Commands.Datasets;

/// <summary>How far an import is.</summary>
internal sealed class ImportView(Terminal terminal) : IProgress<ImportProgress>, IProgress<UnpackProgress>, IDisposable
{
    private readonly ProgressLine _line = new(terminal);
    private bool _saidKept;

    /// <inheritdoc/>
    public void Report(ImportProgress value)
    {
        if (value.Kept > 0 && !_saidKept)
        {
            _saidKept = true;
            _line.Say($"{Figures.Count(value.Kept)} of {Figures.Count(value.Total)} clips are kept from an import that was broken off");
        }
        _line.Tell(() => $"{Figures.Count(value.Done)} of {Figures.Count(value.Total)} clips checked, {Figures.Count(value.LeftOut)} left out");
    }

    /// <inheritdoc/>
    public void Report(UnpackProgress value) =>
        _line.Tell(() => $"{Figures.Count(value.Files)} files unpacked, {Figures.Bytes(value.Bytes)}");

    /// <summary>Tells how much of the audio is with the store.</summary>
    /// <param name="bytes">Its bytes.</param>
    public IProgress<long> Storing(long bytes) =>
        new Told(stored => _line.Tell(() => $"{Figures.Bytes(stored)} of {Figures.Bytes(bytes)} of audio stored"));

    /// <summary>Says what begins, where it takes its time.</summary>
    public void Begin(string what) => _line.Begin(what);

    public void Dispose() => _line.Dispose();

    private sealed class Told(Action<long> tell) : IProgress<long>
    {
        public void Report(long value) => tell(value);
    }
}
