namespace OrleansTagging.Storage;

/// <summary>A store cannot be copied as it was asked; the message says in one line why and what to do.</summary>
public sealed class StoreCopyException(string message, Exception? inner = null) : Exception(message, inner);
