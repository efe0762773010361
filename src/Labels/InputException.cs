namespace OrleansTagging.Labels;

/// <summary>
/// Bad input: what a user gave cannot be used. The message is one line that names the file, the line or the clip and says what to do;
/// the console prints it as it is and ends with exit code 2.
/// </summary>
public sealed class InputException : Exception
{
    /// <summary>Makes the error from its one line.</summary>
    public InputException(string message) : base(message)
    {
    }

    /// <summary>Makes the error from its one line and the fault that showed it.</summary>
    public InputException(string message, Exception inner) : base(message, inner)
    {
    }
}
