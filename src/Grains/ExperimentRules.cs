using OrleansTagging.Abstractions;
using OrleansTagging.Labels;
using OrleansTagging.Recipe;

namespace OrleansTagging.Grains;

/// <summary>What a submitted file does.</summary>
internal enum SubmissionStep
{
    /// <summary>It begins an attempt, with all results there are.</summary>
    Begin,

    /// <summary>It resumes the paused experiment.</summary>
    Resume,

    /// <summary>It changes nothing; the experiment is woken, since the submission before may have got no farther than its state.</summary>
    Wake,

    /// <summary>It is refused: the experiment began on another version of the dataset.</summary>
    RefuseDataset,

    /// <summary>It is refused: the experiment is paused with other settings.</summary>
    RefusePaused,

    /// <summary>It is refused: the experiment runs with other settings.</summary>
    RefuseRunning,
}

/// <summary>What an experiment does when it is woken or reminded.</summary>
internal enum ExperimentStep
{
    /// <summary>It asks its parts for what is missing.</summary>
    Drive,

    /// <summary>It waits for its user, and sees to it that the scheduler knows.</summary>
    StayPaused,

    /// <summary>It tells its parts that it has ended before they were done.</summary>
    StopParts,

    /// <summary>It needs no reminder any more.</summary>
    Retire,
}

/// <summary>An experiment's life on its state: what is submitted, paused, resumed and cancelled; free of grains, stores and clocks.</summary>
internal static class ExperimentRules
{
    /// <summary>What a file does that its dataset can give.</summary>
    /// <param name="state">The experiment.</param>
    /// <param name="file">The file.</param>
    /// <param name="datasetVersion">Version of the file's dataset now.</param>
    public static SubmissionStep OnSubmit(ExperimentState state, ExperimentFile file, string datasetVersion)
    {
        if (state.Context is not { } known)
        {
            return SubmissionStep.Begin;
        }
        if (known.Dataset.Version != datasetVersion)
        {
            return SubmissionStep.RefuseDataset;
        }
        return (IsSame(known, file), state.Status) switch
        {
            (true, ExperimentStatus.Paused) => SubmissionStep.Resume,
            (true, ExperimentStatus.Running or ExperimentStatus.Done) => SubmissionStep.Wake,
            (false, ExperimentStatus.Paused) => SubmissionStep.RefusePaused,
            (false, ExperimentStatus.Running) => SubmissionStep.RefuseRunning,
            _ => SubmissionStep.Begin,
        };
    }

    /// <summary>Begins an attempt.</summary>
    public static void Begin(this ExperimentState state, ExperimentContext context, int? priority, DateTimeOffset now)
    {
        state.Context = context;
        state.Status = ExperimentStatus.Running;
        state.Submitted ??= now;
        state.Priority = priority ?? state.Priority;
        state.StopsParts = false;
        state.Problem = null;
        (state.Report, state.Submission, state.Timings) = (null, null, null);
        (state.Ensembles, state.Spreads) = ([], []);
    }

    /// <summary>Ends before its parts are done; they are still to be told.</summary>
    public static void End(this ExperimentState state, ExperimentStatus status) => (state.Status, state.StopsParts) = (status, true);

    /// <summary>What it becomes by its user's wish; <c>null</c> where it is left as it is.</summary>
    /// <param name="state">The experiment.</param>
    /// <param name="wish">Paused or cancelled.</param>
    /// <param name="hasFailed">Whether too many faults keep it from going on, which may not be stored.</param>
    public static ExperimentStatus? Becomes(ExperimentState state, ExperimentStatus wish, bool hasFailed) => (wish, state.Status) switch
    {
        (ExperimentStatus.Cancelled, ExperimentStatus.Running or ExperimentStatus.Paused) => wish,
        (ExperimentStatus.Paused, ExperimentStatus.Running) when !hasFailed => wish,
        _ => null,
    };

    /// <summary>What the scheduler has to know of it; nothing is kept there of one that neither runs nor is to.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="state">The experiment.</param>
    /// <param name="isHeld">Whether its user wants it paused or cancelled, which waits for its turn.</param>
    public static ExperimentStanding StandingOf(string name, ExperimentState state, bool isHeld) => new()
    {
        Experiment = name,
        Priority = state.Status is ExperimentStatus.Running or ExperimentStatus.Paused ? state.Priority : 0,
        // One that has ended begins no job while its parts are still to be told.
        Paused = state.Status == ExperimentStatus.Paused || (isHeld && state.Status == ExperimentStatus.Running) || state.StopsParts,
    };

    /// <summary>What it does when it is woken.</summary>
    public static ExperimentStep OnWake(ExperimentState state) => state switch
    {
        { StopsParts: true } => ExperimentStep.StopParts,
        { Status: ExperimentStatus.Paused } => ExperimentStep.StayPaused,
        _ => ExperimentStep.Drive,
    };

    /// <summary>What it does when it is reminded.</summary>
    public static ExperimentStep OnReminder(ExperimentState state) => state switch
    {
        { Status: ExperimentStatus.Running } => ExperimentStep.Drive,
        { Status: ExperimentStatus.Paused } => ExperimentStep.StayPaused,
        { StopsParts: true } => ExperimentStep.StopParts,
        _ => ExperimentStep.Retire,
    };

    /// <summary>The experiment's file; <c>null</c> where an earlier version of the program took what this one refuses.</summary>
    public static ExperimentFile? FileOf(ExperimentContext context)
    {
        try
        {
            return context.File();
        }
        catch (InputException)
        {
            return null;
        }
    }

    private static bool IsSame(ExperimentContext known, ExperimentFile file) => FileOf(known)?.ToJson() == file.ToJson();
}
