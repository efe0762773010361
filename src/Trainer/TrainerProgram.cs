using System.Runtime.InteropServices;
using OrleansTagging.Labels;
using OrleansTagging.Recipe;
using OrleansTagging.Storage;

namespace OrleansTagging.Trainer;

/// <summary>
/// The process that trains or predicts one job, and the only one that loads libtorch. Exit codes: 0 done, 1 fault, 2 bad input, 130 stopped.
/// </summary>
internal static class TrainerProgram
{
    private const string Usage = """
        Trains or predicts one job.

          OrleansTagging.Trainer run --store STORE [--job FILE]
            Reads the job's document (JSON) from FILE, or as one line from standard input, which is then held open: when it is closed, the job is
            stopped. Writes its progress and its result to standard output, a JSON object a line.

          OrleansTagging.Trainer features --audio FILE --descriptor mel_2048_1024_128 --out FILE.npy
            Writes the features of one clip at its own rate: float32, [bands, frames].
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
        var messages = new MessageWriter(Console.Out);
        var runs = arguments[0] == "run";
        try
        {
            switch (arguments[0])
            {
                case "run":
                    var run = TrainerArguments.Parse(arguments, required: ["--store"], optional: ["--job"]);
                    var document = run.TryGetValue("--job", out var file)
                        ? ReadJob(file)
                        : await StandardInput.ReadJobAsync(stop);
                    var store = Store.Open(run["--store"]);
                    messages.Result(await new JobRunner(store.Artifacts, messages).RunAsync(document, stop.Token));
                    return ExitCode.Success;
                case "features":
                    var features = TrainerArguments.Parse(arguments, required: ["--audio", "--descriptor", "--out"], optional: []);
                    FeatureFile.Write(features["--audio"], features["--descriptor"], features["--out"]);
                    return ExitCode.Success;
                default:
                    throw new InputException($"'{arguments[0]}' is no command of the Trainer; write run or features.");
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
