namespace OrleansTagging.Commands;

/// <summary>What the process tells its caller by its exit code.</summary>
public static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Success = 0;

    /// <summary>A fault of the program or its surroundings; its stack is in the log.</summary>
    public const int Fault = 1;

    /// <summary>What was asked for cannot be done as it was asked: bad input or a wrong command line.</summary>
    public const int BadInput = 2;

    /// <summary>Stopped by Ctrl-C or SIGTERM; what was done stays done. 128 and the number of SIGINT, as shells count.</summary>
    public const int Interrupted = 130;
}
