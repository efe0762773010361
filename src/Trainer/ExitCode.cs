namespace OrleansTagging.Trainer;

/// <summary>How the process ended.</summary>
internal static class ExitCode
{
    /// <summary>The job is done.</summary>
    public const int Success = 0;

    /// <summary>A fault of the program or its machine; trying again may help.</summary>
    public const int Fault = 1;

    /// <summary>Bad input; trying again does not help.</summary>
    public const int BadInput = 2;

    /// <summary>Told to stop.</summary>
    public const int Stopped = 130;
}
