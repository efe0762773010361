namespace OrleansTagging.Storage;

/// <summary>The stored bytes of an artifact no longer have the hash in its address: a disk or a hand changed them.</summary>
public sealed class ArtifactDamagedException : IOException
{
    /// <summary>Makes the error for an address, where its bytes lie, and the address that those bytes have.</summary>
    public ArtifactDamagedException(string address, string location, string found)
        : base($"The artifact {address} at {location} is damaged: its bytes are those of {found}. Delete it and let its job run again.") =>
        Address = address;

    /// <summary>The address that was asked for.</summary>
    public string Address { get; }
}
