namespace OrleansTagging.Storage;

/// <summary>
/// A store of the checkpoints of jobs at work: at most the last two of each, so that one is whole whatever happens to the other. A
/// checkpoint is there whole or not at all. Several writers of one job do no harm: whoever reads takes the newest that is whole.
/// </summary>
/// <remarks>Who records a job's result removes its checkpoints.</remarks>
public interface ICheckpointStore
{
    /// <summary>Stores a checkpoint, on disk after the return, and drops those of the job that are older than its last two.</summary>
    /// <param name="job">The job's id.</param>
    /// <param name="number">The checkpoint's number: the later in the job, the higher. One of the same number is replaced.</param>
    /// <param name="content">Its bytes.</param>
    /// <param name="cancellationToken">Ends the wait. A cancelled write may have happened.</param>
    /// <exception cref="IOException">The disk is full or the store failed; the checkpoints before are still there.</exception>
    Task WriteAsync(string job, long number, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default);

    /// <summary>The numbers of a job's checkpoints, the newest first.</summary>
    Task<IReadOnlyList<long>> ListAsync(string job, CancellationToken cancellationToken = default);

    /// <summary>The bytes of a checkpoint; <c>null</c> where it has been dropped or removed since.</summary>
    /// <exception cref="CheckpointDamagedException">The stored bytes are not those that were written.</exception>
    Task<byte[]?> ReadAsync(string job, long number, CancellationToken cancellationToken = default);

    /// <summary>Removes all checkpoints of a job; nothing where it has none.</summary>
    Task RemoveAsync(string job, CancellationToken cancellationToken = default);

    /// <summary>The jobs that have checkpoints, in no particular order.</summary>
    IAsyncEnumerable<string> ListJobsAsync(CancellationToken cancellationToken = default);
}
