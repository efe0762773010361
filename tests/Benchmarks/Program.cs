using System.Globalization;
using OrleansTagging.Benchmarks;
using OrleansTagging.Recipe;

// Benchmarks [WHAT] [FILE.yaml] [ROUNDS]
//
//   step          the training step beside PyTorch's (the default)
//   augmentation  the audio effects, the training with and without them, and sox
string[] known = ["step", "augmentation"];
var what = args.Length > 0 && known.Contains(args[0]) ? args[0] : known[0];
var rest = args.Length > 0 && known.Contains(args[0]) ? args[1..] : args;
var file = rest.Length > 0 ? rest[0] : Path.Combine(AppContext.BaseDirectory, "../../../../examples/demo.yaml");
var rounds = rest.Length > 1 ? int.Parse(rest[1], CultureInfo.InvariantCulture) : 3;
var experiment = ExperimentFile.Parse(File.ReadAllText(file), file);
return (what == "step" ? StepBenchmark.Run(experiment, rounds) : AugmentationBenchmark.Run(experiment, rounds)) ? 0 : 1;
