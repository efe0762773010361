namespace OrleansTagging.Storage;

/// <summary>What is stored for a checkpoint is not what was written: a disk or a hand changed it.</summary>
public sealed class CheckpointDamagedException : IOException
{
    /// <summary>Makes the error for where the checkpoint lies.</summary>
    public CheckpointDamagedException(string location)
        : base($"The checkpoint at {location} is damaged: its bytes do not have the hash that they begin with.")
    {
    }
}
