using System.Globalization;
using OrleansTagging.Benchmarks;
using OrleansTagging.Recipe;

// Benchmarks [WHAT] [FILE.yaml] [ROUNDS]
//
//   step          the training step beside PyTorch's (the default)
//   augmentation  the audio effects, the training with and without them, and sox
//   prediction    clips of 0.3 to 30 s by length, beside PyTorch's in the order of the files
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
