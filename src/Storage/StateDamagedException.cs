namespace OrleansTagging.Storage;

/// <summary>What is stored for a state is not what was written: a disk or a hand changed it.</summary>
public sealed class StateDamagedException : IOException
{
    /// <summary>Makes the error for where the state lies and what is wrong with it.</summary>
    public StateDamagedException(string location, string fault, Exception? inner = null)
        : base($"The state at {location} is damaged: {fault}.", inner)
    {
    }
}
