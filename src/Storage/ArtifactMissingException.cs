namespace OrleansTagging.Storage;

/// <summary>An artifact was asked for that the store does not have. The message names its address and the store.</summary>
public sealed class ArtifactMissingException : IOException
{
    /// <summary>Makes the error for an address in a store.</summary>
    public ArtifactMissingException(string address, string store, Exception? inner = null)
        : base($"The artifact {address} is not in {store}.", inner) => Address = address;

    /// <summary>The address that was asked for.</summary>
    public string Address { get; }
}
