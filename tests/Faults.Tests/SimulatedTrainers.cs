using Orleans.Runtime;
using OrleansTagging.EmbeddedHost;
using OrleansTagging.Grains;
using OrleansTagging.Recipe;
using OrleansTagging.ScriptedTrainer;
using OrleansTagging.Storage;

namespace OrleansTagging.Faults.Tests;

/// <summary>A Trainer at work.</summary>
internal sealed record TrainerAtWork(SiloAddress Silo, string Job, string Device);

/// <summary>
/// The Trainers of all silos. Each answers at once or after some virtual time, some crash, and those of a silo that dies end with it.
/// </summary>
internal sealed class SimulatedTrainers(EmbeddedHost.Simulation simulation, FaultInjector faults, Store store)
{
    private const double Crashing = 0.03;
    private const int Crashed = 139;
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan s_longestStop = TimeSpan.FromSeconds(5);

    private readonly Random _chance = simulation.ChanceOf("Trainers");
    private readonly List<TrainerAtWork> _atWork = [];
    private readonly HashSet<string> _crashed = [];

    /// <summary>Those at work now.</summary>
    public IReadOnlyList<TrainerAtWork> AtWork => _atWork;

    /// <summary>How many have begun.</summary>
    public int Begun { get; private set; }

    /// <summary>Whether every Trainer answers at once; where not, they take some virtual time and some crash.</summary>
    public bool AtOnce { get; set; }

    public ITrainer Of(ILocalSiloDetails silo) => new OfOneSilo(this, silo.SiloAddress);

    private sealed class OfOneSilo(SimulatedTrainers trainers, SiloAddress silo) : ITrainer, IDisposable
    {
        private readonly CancellationTokenSource _dead = new();

        public void Dispose() => _dead.Cancel();

        public async Task<TrainerOutcome> RunAsync(
            JobDocument document, string device, Action<TrainerMessage> heard, CancellationToken stop)
        {
            var mine = new TrainerAtWork(silo, document.Id, device);
            trainers._atWork.Add(mine);
            trainers.Begun++;
            try
            {
                return await trainers.WorkAsync(document, heard, stop, _dead.Token);
            }
            finally
            {
                trainers._atWork.Remove(mine);
            }
        }
    }

    private async Task<TrainerOutcome> WorkAsync(
        JobDocument document, Action<TrainerMessage> heard, CancellationToken stop, CancellationToken dead)
    {
        var time = simulation.Time;
        var began = time.Elapsed;
        TrainerOutcome Outcome(int code, JobResult? result, string? error) => new()
        {
            ExitCode = code,
            Result = result,
            Error = error,
            Stopped = error == "stopped",
            LastOutput = [],
            Seconds = (time.Elapsed - began).TotalSeconds,
        };
        try
        {
            using var ends = CancellationTokenSource.CreateLinkedTokenSource(stop, dead);
            if (!AtOnce)
            {
                await Task.Delay(_chance.NextDouble() * _chance.NextDouble() * s_longest, time, ends.Token);
            }
            // Once a job: three times would be its end for good.
            if (!AtOnce && _chance.NextDouble() < Crashing && _crashed.Add(document.Id))
            {
                faults.Count("Trainer crashes", document.Id);
                return Outcome(Crashed, null, "Segmentation fault (simulated)");
            }
            var result = document.Train is { } train
                ? await ScriptedModel.TrainAsync(store, document, train, heard)
                : await ScriptedModel.PredictAsync(store, document, document.Predict!);
            return Outcome(0, result, null);
        }
        catch (OperationCanceledException)
        {
            dead.ThrowIfCancellationRequested();
            await Task.Delay(_chance.NextDouble() * s_longestStop, time, dead);
            return Outcome(130, null, "stopped");
        }
    }
}
