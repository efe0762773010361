using System.Runtime.InteropServices;
using OrleansTagging.Labels;
using OrleansTagging.Recipe;
using OrleansTagging.Storage;

namespace OrleansTagging.Trainer;

/// <summary>
/// The process that trains or predicts one job, and the only one that loads libtorch. Exit codes: 0 done, 1 fault, 2 bad input, 130
/// stopped.
/// </summary>
internal static class TrainerProgram
{
    private static readonly TimeSpan StorePause = TimeSpan.FromSeconds(2);

    private const string Usage = """
        Trains or predicts one job.

          OrleansTagging.Trainer run --store STORE [--job FILE] [--checkpoint-seconds 30] [--checkpoint-steps 0]
            Reads the job's document (JSON) from FILE, or as one line from standard input, which is then held open: when it is closed,
            or whoever started this process has died, the job is stopped. Writes its progress and its result to standard output, a JSON
            object a line. A training leaves a checkpoint in the store after so many seconds or steps (0: never) and when it is stopped;
            the same job goes on from it to the same result.

          OrleansTagging.Trainer features --audio FILE --descriptor mel_2048_1024_128 --out FILE.npy
            Writes the features of one clip at its own rate: float32, [bands, frames].

          OrleansTagging.Trainer probe
            Writes what the tensor library is and how fast, as a JSON object.
        """;

    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments is [] or ["--help"] or ["-h"])
        {
            Console.Out.WriteLine(Usage);
            return ExitCode.Success;
        }
        using var stop = new CancellationTokenSource();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var messages = new MessageWriter(Console.Out, TimeProvider.System);
        var runs = arguments[0] == "run";
        try
        {
            switch (arguments[0])
            {
                case "run":
                    var run = TrainerArguments.Parse(arguments, required: ["--store"], optional: ["--job", .. CheckpointPace.Options]);
                    var pace = CheckpointPace.Of(run);
                    var given = run.TryGetValue("--job", out var file);
                    // Who gives a file may go away; who holds standard input is the silo, which a Trainer never outlives.
                    using (given ? null : ParentProcess.Watch(ParentDied))
                    {
                        var document = given ? ReadJob(file!) : await StandardInput.ReadJobAsync(ParentDied, stop.Token);
                        var store = Store.Open(run["--store"]);
                        // Hours of training are not to be lost because the disk is full when their result is stored.
                        var patient = new PatientArtifactStore(store.Artifacts, StorePause, messages.Waiting);
                        var runner = new JobRunner(store with { Artifacts = patient }, pace, messages);
                        messages.Result(await runner.RunAsync(document, stop.Token));
                    }
                    return ExitCode.Success;
                case "features":
                    var features = TrainerArguments.Parse(arguments, required: ["--audio", "--descriptor", "--out"], optional: []);
                    FeatureFile.Write(features["--audio"], features["--descriptor"], features["--out"]);
                    return ExitCode.Success;
                case "probe":
                    LibraryProbe.Write(Console.Out);
                    return ExitCode.Success;
                default:
                    throw new InputException($"'{arguments[0]}' is no command of the Trainer; write run, features or probe.");
            }
        }
        catch (Exception fault) when (fault is InputException or StoreLocationException)
        {
            return Fail(fault.Message, fault.Message, badInput: true, ExitCode.BadInput);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return Fail("The job was stopped.", "The job was stopped.", badInput: false, ExitCode.Stopped);
        }
        catch (Exception fault)
        {
            // Whatever went wrong must reach whoever waits for this process; the process ends with it.
            return Fail(fault.Message.ReplaceLineEndings(" "), fault.ToString(), badInput: false, ExitCode.Fault);
        }

        int Fail(string line, string details, bool badInput, int code)
        {
            if (runs)
            {
                messages.Error(line, badInput);
            }
            Console.Error.WriteLine(details);
            return code;
        }

        void ParentDied()
        {
            ParentProcess.EndByForce();
            try
            {
                stop.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // The job was done just before.
            }
        }

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }

    private static JobDocument ReadJob(string path)
    {
        try
        {
            return JobDocument.Parse(File.ReadAllText(path), path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path}: cannot be read ({fault.Message.ReplaceLineEndings(" ")}).", fault);
        }
    }
}
