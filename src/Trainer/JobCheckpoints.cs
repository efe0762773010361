using System.Diagnostics;
using OrleansTagging.Learning;
using OrleansTagging.Recipe;
using OrleansTagging.Storage;

namespace OrleansTagging.Trainer;

/// <summary>
/// The checkpoints of one job: read where an earlier process left one, written as the training goes on. The training does not wait for
/// the store, and goes on without a checkpoint where it cannot be written.
/// </summary>
internal sealed class JobCheckpoints(ICheckpointStore store, string job, CheckpointPace pace) : ICheckpoints
{
    private readonly Stopwatch _since = Stopwatch.StartNew();
    private int _steps;
    private long _saved = -1;
    private Task _written = Task.CompletedTask;

    /// <summary>Whether this process has given a checkpoint to the store.</summary>
    public bool Saved => _saved >= 0;

    /// <summary>The checkpoints that are whole and of this very job, the newest first; says of each other one why it is not used.</summary>
    public async IAsyncEnumerable<byte[]> ReadAsync()
    {
        foreach (var number in await store.ListAsync(job))
        {
            if (await TryReadAsync(number) is { } checkpoint)
            {
                yield return checkpoint;
            }
        }
    }

    /// <inheritdoc/>
    public bool Due()
    {
        _steps++;
        // One at a time: a store that is slower than the pace sets the pace.
        return _written.IsCompleted
            && ((pace.Steps > 0 && _steps >= pace.Steps) || (pace.Every > TimeSpan.Zero && _since.Elapsed >= pace.Every));
    }

    /// <inheritdoc/>
    public void Save(TrainingState state)
    {
        if (state.Number != _saved)
        {
            (_saved, _steps) = (state.Number, 0);
            _since.Restart();
            _written = WriteAsync(_written, state.Number, state.Save());
        }
    }

    /// <summary>Completes when all that was saved is stored, or could not be.</summary>
    public Task FlushAsync() => _written;

    private async Task WriteAsync(Task before, long number, byte[] content)
    {
        await before;
        try
        {
            await store.WriteAsync(job, number, content);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            Say($"The checkpoint cannot be written, the training goes on without it: {fault.Message}");
        }
    }

    private async Task<byte[]?> TryReadAsync(long number)
    {
        try
        {
            if (await store.ReadAsync(job, number) is not { } checkpoint)
            {
                return null;
            }
            var origin = TrainingState.OriginOf(checkpoint);
            if (origin.Job == job && origin.CodeVersion == CodeVersion.Learning)
            {
                Say($"Goes on from the checkpoint after epoch {origin.Epoch}, step {origin.Step} of the next.");
                return checkpoint;
            }
            Say($"Checkpoint {number} is not used: it is one of {origin.Job} by version {origin.CodeVersion} of Learning.");
        }
        catch (CheckpointDamagedException fault)
        {
            Say($"{fault.Message} The one before it is used.");
        }
        catch (InvalidDataException fault)
        {
            Say($"Checkpoint {number} is not used: {fault.Message}");
        }
        return null;
    }

    /// <summary>Says a line to whoever looks after this process.</summary>
    public static void Say(string line) => Console.Error.WriteLine(line.ReplaceLineEndings(" "));
}
