using OrleansTagging.Storage;

namespace OrleansTagging.Commands.Stores;

/// <summary>How far a copy is.</summary>
internal sealed class CopyView(Terminal terminal) : IProgress<StoreCopyProgress>, IDisposable
{
    private readonly ProgressLine _line = new(terminal);

    public void Report(StoreCopyProgress value) => _line.Tell(() => value.Hashed > 0
        ? $"{Figures.Count(value.Hashed)} artifacts of the copy hashed"
        : $"{Figures.Count(value.Artifacts)} of {Figures.Count(value.OfArtifacts)} artifacts copied, "
            + $"{Figures.Bytes(value.Bytes)} of {Figures.Bytes(value.OfBytes)}");

    public void Dispose() => _line.Dispose();
}
