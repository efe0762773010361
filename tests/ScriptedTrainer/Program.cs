using OrleansTagging.Labels;
using OrleansTagging.Recipe;
using OrleansTagging.ScriptedTrainer;
using OrleansTagging.Storage;

const int BadInput = 2;
const int Stopped = 130;

var root = args is ["run", "--store", var given] ? given : throw new ArgumentException("run --store DIR");
var input = Console.In;
var document = JobDocument.Parse(input.ReadLine() ?? "", "standard input");
_ = Task.Run(() =>
{
    while (input.ReadLine() is not null)
    {
    }
    Environment.Exit(Stopped);
});

var script = Script.Read(Environment.GetEnvironmentVariable(Script.Place) is { Length: > 0 } place ? place : root, document);
script.Log($"{document.Id} {Environment.ProcessId} {(document.Train is null ? "predict" : "train")}");
foreach (var line in script.Says)
{
    Console.Error.WriteLine(line);
}
switch (script.Fate)
{
    case Fate.BadInput:
        Say(new TrainerMessage { Kind = "error", Error = "clips.csv, line 3: a clip without sound", BadInput = true });
        return BadInput;
    case Fate.Crash:
        Console.Error.WriteLine("Segmentation fault (scripted)");
        return 139;
    case Fate.Fault:
        Say(new TrainerMessage { Kind = "error", Error = "a scripted fault" });
        return 1;
    case Fate.Kill:
        using (var self = System.Diagnostics.Process.GetCurrentProcess())
        {
            self.Kill();
        }
        Thread.Sleep(Timeout.Infinite);
        break;
    case Fate.Memory:
        Console.Error.WriteLine("terminate called after throwing an instance of 'std::bad_alloc'");
        return 134;
    case Fate.Hang:
        Say(new TrainerMessage { Kind = "progress", Epoch = 1, Epochs = 2, Step = 1, Steps = 1000 });
        Thread.Sleep(Timeout.Infinite);
        break;
    case Fate.NoResult:
        return 0;
    case Fate.BadResult:
        Say(new TrainerMessage { Kind = "result", Result = new JobResult { Predictions = $"{new string('0', 64)}.npy" } });
        return 0;
    case Fate.Wait:
        for (var step = 1; ; step++)
        {
            Say(new TrainerMessage { Kind = "progress", Epoch = 1, Epochs = 2, Step = step, Steps = 1000, Loss = 0.5 });
            Thread.Sleep(50);
        }
}

var store = Store.Open(root);
try
{
    var result = document.Train is { } train
        ? await ScriptedModel.TrainAsync(store, document, train, Say)
        : await ScriptedModel.PredictAsync(store, document, document.Predict!);
    Say(new TrainerMessage { Kind = "result", Result = result, Seconds = 0.1, PeakMemory = 1 << 20 });
    return 0;
}
catch (InputException fault)
{
    Say(new TrainerMessage { Kind = "error", Error = fault.Message, BadInput = true });
    return BadInput;
}

static void Say(TrainerMessage message) => Console.WriteLine(message.ToLine());
