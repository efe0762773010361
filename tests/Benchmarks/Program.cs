using System.Globalization;
using OrleansTagging.Benchmarks;
using OrleansTagging.Recipe;

// The training step of an experiment's first model: here, in the system's PyTorch with the same threads, allocator and memory layout,
// and in that PyTorch out of the box. All three in turn, round after round, on the same weights and batches.
var file = args.Length > 0 ? args[0] : Path.Combine(AppContext.BaseDirectory, "../../../../examples/demo.yaml");
var rounds = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 3;
var experiment = ExperimentFile.Parse(File.ReadAllText(file), file);
using var step = new TrainingStep(experiment);
using var folder = new SharedFolder(step);
var peer = PyTorchPeer.Find(folder.Path);
if (peer is null)
{
    Console.WriteLine("python3 has no torch (Debian: python3-torch): only this side is measured.");
}
var cores = Environment.ProcessorCount;
var threads = experiment.Training.Threads;
Console.WriteLine($"{experiment.Models.First().Key}: {step.Describe()}, {threads} thread(s) of {cores} core(s)");
var ours = new List<double>();
var oursOnAllCores = new List<double>();
var tuned = new List<double>();
var plain = new List<double>();
for (var round = 0; round < rounds; round++)
{
    ours.AddRange(step.Measure(threads));
    oursOnAllCores.AddRange(threads == cores ? ours : step.Measure(cores));
    if (peer is not null)
    {
        tuned.AddRange(peer.Measure(threads, tuned: true, step.FirstLoss));
        plain.AddRange(peer.Measure(null, tuned: false, step.FirstLoss));
    }
}
Row($"here, {threads} thread(s)", ours);
Row($"here, {cores} thread(s)", oursOnAllCores);
if (peer is null)
{
    return;
}
Row($"PyTorch {peer.Version}, {threads} thread(s), our allocator, channels last", tuned);
Row($"PyTorch {peer.Version} out of the box, {peer.OwnThreads} thread(s)", plain);
Console.WriteLine($"PyTorch with the same settings / here: {Median(tuned) / Median(ours):F2}");
Console.WriteLine($"PyTorch out of the box / here with as many threads: {Median(plain) / Median(peer.OwnThreads == threads ? ours : oursOnAllCores):F2}");

static void Row(string what, List<double> seconds) => Console.WriteLine(
    $"{what,-72} median {1000 * Median(seconds),7:F2} ms, fastest {1000 * seconds.Min(),7:F2} ms a step");

static double Median(List<double> seconds) => seconds.Order().ElementAt(seconds.Count / 2);
