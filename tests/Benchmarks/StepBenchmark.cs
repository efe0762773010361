using OrleansTagging.Recipe;

namespace OrleansTagging.Benchmarks;

/// <summary>
/// The training step of an experiment's first model: here, in the system's PyTorch with the same threads, allocator and memory layout, and
/// in that PyTorch out of the box: a plain script, its own threads, allocator and layout. All in turn, round after round, on the same
/// weights and batches.
/// </summary>
internal static class StepBenchmark
{
    private const double LeastOfTuned = 1;
    private const double LeastOfPlain = 2;

    /// <summary>Whether both ratios hold.</summary>
    public static bool Run(ExperimentFile experiment, int rounds)
    {
        using var step = new TrainingStep(experiment);
        using var folder = new SharedFolder(step);
        var peer = PyTorchPeer.Find(folder.Path);
        if (peer is null)
        {
            Console.WriteLine("python3 has no torch, so only this side is measured. On Debian: apt-get install python3-torch");
        }
        var threads = experiment.Training.Threads;
        Console.WriteLine(
            $"{experiment.Models.First().Key}: {step.Describe()}, {threads} thread(s) of {Environment.ProcessorCount} core(s)");
        StepTimes Times() => new(step.Batches.Length);
        var (ours, oursAsPlain, tuned, plain) = (Times(), Times(), Times(), Times());
        for (var round = 0; round < rounds; round++)
        {
            step.Measure(threads, ours);
            if (peer is not null)
            {
                peer.Measure(threads, tuned: true, step.FirstLoss, tuned);
                peer.Measure(null, tuned: false, step.FirstLoss, plain);
                if (peer.OwnThreads != threads)
                {
                    step.Measure(peer.OwnThreads, oursAsPlain);
                }
            }
        }
        Row($"here, {threads} thread(s)", ours);
        if (peer is null)
        {
            return true;
        }
        Row($"PyTorch {peer.Version}, {threads} thread(s), channels last", tuned);
        if (peer.OwnThreads == threads)
        {
            oursAsPlain = ours;
        }
        else
        {
            Row($"here, {peer.OwnThreads} thread(s)", oursAsPlain);
        }
        Row($"PyTorch {peer.Version} out of the box, {peer.OwnThreads} thread(s)", plain);
        var first = Verdict("PyTorch with the same settings / here", tuned, ours, LeastOfTuned);
        var second = Verdict("PyTorch out of the box / here with as many threads", plain, oursAsPlain, LeastOfPlain);
        return first && second;
    }

    private static void Row(string what, StepTimes times) => Console.WriteLine(
        $"{what,-64} {1000 * times.Undisturbed,7:F2} ms a step undisturbed (median {1000 * times.Median,7:F2}), "
        + $"{1000 * times.Processor,7:F2} ms of processor");

    private static bool Verdict(string what, StepTimes theirs, StepTimes ours, double least)
    {
        var ratio = theirs.Undisturbed / ours.Undisturbed;
        Console.WriteLine($"{what}: {ratio:F2} undisturbed, {theirs.Median / ours.Median:F2} by median, "
            + $"{theirs.Processor / ours.Processor:F2} of processor; at least {least:F1} is wanted: "
            + (ratio >= least ? "holds" : "DOES NOT HOLD"));
        return ratio >= least;
    }
}
