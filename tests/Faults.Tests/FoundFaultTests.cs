using System.Net;
using System.Text;
using Orleans.Runtime;
using OrleansTagging.Abstractions;
using OrleansTagging.Grains.Tests;

namespace OrleansTagging.Faults.Tests;

/// <summary>What simulations found, each by itself.</summary>
public sealed class FoundFaultTests
{
    [Fact]
    public void A_start_for_a_silo_that_is_gone_does_not_go_round_for_ever()
    {
        var world = new World(1, rates: null);
        var lease = new JobLease
        {
            Request = new JobRequest
            {
                Job = "cpu-0123",
                Document = "0123.json",
                What = "a job",
                Slots = 1,
                Priority = 0,
                Parent = new Parent { Kind = ParentKind.Fold, Key = "demo/plain/curated/0" },
                Attempt = "one",
            },
            Silo = SiloAddress.New(IPAddress.Loopback, 30_000, 1),
            Device = "cpu",
            Epoch = 7,
        };
        world.Run(async grains =>
        {
            await grains.GetGrain<ITrainingGrain>("cpu-0123").Start(lease);
            await world.PassAsync(TimeSpan.FromSeconds(5));
        });
        Assert.InRange(world.Steps, 1, 20_000);
    }

    [Fact]
    public void An_experiment_that_is_submitted_anew_after_its_reminder_could_not_be_set_has_one()
    {
        var world = new World(1, rates: null);
        bool HasReminder() => world.Disk.States.Keys.Any(key => key.StartsWith("reminder/", StringComparison.Ordinal));
        world.Run(async grains =>
        {
            var dataset = await SyntheticClips.PutAsync(world.Disk.Open(), curated: 14, noisy: 24, test: 4);
            Assert.Null(await grains.GetGrain<IDatasetGrain>(dataset.Name).Register(dataset));
            var experiment = grains.GetGrain<IExperimentGrain>("demo");
            world.Disk.Refuses = (key, _) => key.StartsWith("reminder/", StringComparison.Ordinal);
            await Assert.ThrowsAnyAsync<Exception>(() => experiment.Submit(World.Yaml, "demo.yaml"));
            Assert.Equal(ExperimentStatus.Running, (await experiment.Describe())!.Status);
            Assert.False(HasReminder());

            world.Disk.Refuses = null;
            Assert.Null((await experiment.Submit(World.Yaml, "demo.yaml")).Problem);
            Assert.True(HasReminder());
        });
    }

    [Fact]
    public void A_jobs_document_that_cannot_be_read_for_a_moment_fails_no_job()
    {
        var world = new World(1, rates: null);
        var read = new Dictionary<string, int>();
        // First the fold reads it, then the job.
        world.Disk.Hides = address => address.EndsWith(".json", StringComparison.Ordinal)
            && (read[address] = read.GetValueOrDefault(address) + 1) is 2 or 4;
        SimulationTests.Compare(SimulationTests.Undisturbed, world.Run());
        Assert.Equal(0, world.Resubmitted);
        Assert.Contains(4, read.Values.Select(reads => Math.Min(reads, 4)));
    }

    [Fact]
    public void A_fold_whose_result_could_not_be_written_does_not_say_that_it_is_done()
    {
        var world = new World(1, rates: null);
        var refused = 0;
        world.Disk.Refuses = (key, content) => key == "grain/fold/demo/plain/curated/0/fold"
            && Encoding.UTF8.GetString(content).Contains("\"Result\":\"", StringComparison.Ordinal) && ++refused <= 2;
        SimulationTests.Compare(SimulationTests.Undisturbed, world.Run());
        Assert.InRange(refused, 2, int.MaxValue);
    }
}
