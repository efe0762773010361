using System.Globalization;
using OrleansTagging.Benchmarks;
using OrleansTagging.Recipe;

// Benchmarks [WHAT] [FILE.yaml] [ROUNDS]
//
//   step          the training step beside PyTorch's (the default)
//   augmentation  the audio effects, the training with and without them, and sox
//   prediction    clips of 0.3 to 30 s by length, beside PyTorch's in the order of the files
//   scheduler     jobs a second through the scheduler with a Trainer that answers at once; takes no experiment
//   inspect       what a warm silo takes to tell of rounds and clips of an experiment of that size; takes no experiment
//   live          what it costs to follow 200 jobs of 20 silos, and how late their steps are seen; takes no experiment
//   memory        the memory of a silo that holds an experiment of FSDKaggle2019's size; takes no experiment
if (args is ["scheduler", ..])
{
    return await SchedulerBenchmark.RunAsync() ? 0 : 1;
}
if (args is ["inspect", ..])
{
    return await InspectionBenchmark.RunAsync() ? 0 : 1;
}
if (args is ["live", ..])
{
    return await LiveBenchmark.RunAsync() ? 0 : 1;
}
if (args is ["memory", ..])
{
    return await MemoryBenchmark.RunAsync() ? 0 : 1;
}
string[] known = ["step", "augmentation", "prediction"];
var what = args.Length > 0 && known.Contains(args[0]) ? args[0] : known[0];
var rest = args.Length > 0 && known.Contains(args[0]) ? args[1..] : args;
var file = rest.Length > 0 ? rest[0] : Path.Combine(AppContext.BaseDirectory, "../../../../examples/demo.yaml");
var rounds = rest.Length > 1 ? int.Parse(rest[1], CultureInfo.InvariantCulture) : 3;
var experiment = ExperimentFile.Parse(File.ReadAllText(file), file);
var holds = what switch
{
    "augmentation" => AugmentationBenchmark.Run(experiment, rounds),
    "prediction" => PredictionBenchmark.Run(experiment, rounds),
    _ => StepBenchmark.Run(experiment, rounds),
};
return holds ? 0 : 1;
