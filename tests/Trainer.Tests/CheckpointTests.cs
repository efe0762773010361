using OrleansTagging.Labels;
using OrleansTagging.Learning;
using OrleansTagging.Recipe;
using OrleansTagging.Storage;

namespace OrleansTagging.Trainer.Tests;

public sealed class CheckpointTests
{
    // Everything that a checkpoint carries, and steps of several batches.
    private static readonly Func<TrainingSettings, TrainingSettings> _everything = settings => settings with
    {
        Epochs = 14,
        Keep = "best",
        Optimizer = "momentum",
        AccumulationSteps = 3,
        Loss = "focal",
        WeightDecay = 1e-4,
        Lr = 0.01,
        Scheduler = "steplr_3_0.9",
    };

    [Fact]
    public async Task A_training_that_is_killed_again_and_again_leaves_the_artifacts_of_one_that_is_not()
    {
        using var dataset = await TinyDataset.CreateAsync();
        var job = With(dataset.Job, settings => _everything(settings) with { Epochs = 40 });
        var random = SeededRandom.Of((ulong)Environment.TickCount64);
        var expected = await EndAsync(dataset, job, "--checkpoint-seconds", "0");
        Assert.Empty(await dataset.Checkpoints.ListAsync(job.Id));
        long last = -1;
        for (var life = 0; life < 3; life++)
        {
            using var trainer = await StartAsync(dataset, job, "--checkpoint-steps", "1");
            // Every life goes further than the one before, and ends anywhere: in a step, in a validation, in the writing of a checkpoint.
            while ((await dataset.Checkpoints.ListAsync(job.Id)).FirstOrDefault(-1) <= last)
            {
                Assert.False(trainer.HasExited);
                await Task.Delay(10, TestContext.Current.CancellationToken);
            }
            await Task.Delay(TimeSpan.FromMilliseconds(random.NextInt(60)), TestContext.Current.CancellationToken);
            trainer.Kill();
            var (code, errors) = await trainer.EndAsync();
            Assert.Equal(137, code);
            Assert.Equal(life > 0, errors.Contains("Goes on from the checkpoint", StringComparison.Ordinal));
            last = (await dataset.Checkpoints.ListAsync(job.Id))[0];
        }
        Assert.Equal(expected, await EndAsync(dataset, job));
    }

    [Fact]
    public async Task A_training_that_is_told_to_stop_leaves_a_checkpoint_and_goes_on_from_it()
    {
        using var dataset = await TinyDataset.CreateAsync();
        var job = With(dataset.Job, _everything);
        var expected = await EndAsync(dataset, job);
        using (var trainer = await StartAsync(dataset, job, "--checkpoint-seconds", "0"))
        {
            await HearStepAsync(trainer);
            trainer.CloseInput();
            Assert.Equal(130, (await trainer.EndAsync()).Code);
        }
        var number = Assert.Single(await dataset.Checkpoints.ListAsync(job.Id));
        var origin = TrainingState.OriginOf((await dataset.Checkpoints.ReadAsync(job.Id, number))!);
        Assert.Equal((job.Id, CodeVersion.Learning), (origin.Job, origin.CodeVersion));
        using var again = await StartAsync(dataset, job);
        var (code, errors) = await again.EndAsync();
        Assert.Equal(0, code);
        Assert.Equal($"Goes on from the checkpoint after epoch {origin.Epoch}, step {origin.Step} of the next.", errors.TrimEnd());
        // Four batches an epoch, three and then one a step of the optimiser.
        Assert.All(again.Messages, message =>
            Assert.True(message.Kind == "result" || message.Step is 0 || message.Step >= 2 * origin.Epoch + origin.Step));
        Assert.Equal(expected, again.Messages[^1].Result);
    }

    [Fact]
    public async Task A_damaged_checkpoint_is_named_and_the_one_before_it_is_used_and_with_none_whole_the_training_begins_anew()
    {
        using var dataset = await TinyDataset.CreateAsync();
        // It tells of steps a few times a second, and must not be done before it tells of the eighth.
        var job = With(dataset.Job, settings => settings with { Epochs = 60 });
        using (var trainer = await StartAsync(dataset, job, "--checkpoint-steps", "1"))
        {
            while (await trainer.HearAsync() is { Step: < 8 })
            {
            }
            trainer.Kill();
            await trainer.EndAsync();
        }
        var numbers = await dataset.Checkpoints.ListAsync(job.Id);
        // Killed before it could drop the third.
        Assert.InRange(numbers.Count, 2, 3);
        Damage(numbers[0]);
        using (var second = await StartAsync(dataset, job, "--checkpoint-seconds", "0"))
        {
            await HearStepAsync(second);
            second.Kill();
            var lines = (await second.EndAsync()).Errors.TrimEnd().Split('\n');
            Assert.Equal(2, lines.Length);
            Assert.Contains("is damaged", lines[0], StringComparison.Ordinal);
            Assert.Contains("Goes on from", lines[1], StringComparison.Ordinal);
        }
        foreach (var number in numbers.Skip(1))
        {
            Damage(number);
        }
        using var third = await StartAsync(dataset, job);
        var (code, errors) = await third.EndAsync();
        Assert.Equal(0, code);
        Assert.All(errors.TrimEnd().Split('\n'), line => Assert.Contains("is damaged", line, StringComparison.Ordinal));
        await dataset.Checkpoints.RemoveAsync(job.Id);
        Assert.Equal(await EndAsync(dataset, job), third.Messages[^1].Result);

        void Damage(long number)
        {
            using var file = File.Open(Path.Combine(dataset.StorePath, "checkpoints", job.Id, $"{number:d12}.checkpoint"), FileMode.Open);
            file.Seek(1000, SeekOrigin.Begin);
            file.Write("damage"u8);
        }
    }

    [Fact]
    public async Task A_checkpoint_of_another_job_or_of_something_else_is_never_used()
    {
        using var dataset = await TinyDataset.CreateAsync();
        var job = With(dataset.Job, settings => settings with { Epochs = 2 });
        var other = With(dataset.Job, settings => settings with { Epochs = 3 });
        var expected = await EndAsync(dataset, job);
        var checkpoint = await dataset.Artifacts.ReadAsync((await EndAsync(dataset, other)).Checkpoint!);
        await dataset.Checkpoints.WriteAsync(job.Id, 7, checkpoint);
        await dataset.Checkpoints.WriteAsync(job.Id, 8, "no archive at all"u8.ToArray());
        using var trainer = await StartAsync(dataset, job);
        var (code, errors) = await trainer.EndAsync();
        Assert.Equal(0, code);
        var lines = errors.TrimEnd().Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.StartsWith("Checkpoint 8 is not used", lines[0], StringComparison.Ordinal);
        Assert.StartsWith($"Checkpoint 7 is not used: it is one of {other.Id}", lines[1], StringComparison.Ordinal);
        Assert.Equal(expected, trainer.Messages[^1].Result);
    }

    [Fact]
    public async Task A_training_continues_where_another_one_ended_and_counts_its_epochs_on()
    {
        using var dataset = await TinyDataset.CreateAsync(epochs: 3);
        var begun = await EndAsync(dataset, dataset.Job);
        var more = With(dataset.Job, settings => settings with { Epochs = 2 });
        more = more with { Train = more.Train! with { Continues = begun.Checkpoint } };
        var result = await EndAsync(dataset, more);
        var curve = System.Text.Encoding.UTF8.GetString(await dataset.Artifacts.ReadAsync(result.Curve!)).TrimEnd('\n').Split('\n');
        Assert.Equal(["epoch", "1", "2", "3", "4", "5"], curve.Select(line => line.Split(',')[0]));
        Assert.NotEqual(begun.Weights, result.Weights);
        var wider = more.Model with { Network = more.Model.Network with { ConvBaseDepth = 9 } };
        using var refused = await StartAsync(dataset, more with { Model = wider });
        var (code, errors) = await refused.EndAsync();
        Assert.Equal(2, code);
        Assert.Contains("cannot continue from this checkpoint", Assert.Single(errors.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trainer_stops_when_whoever_started_it_is_killed_even_if_its_input_stays_open()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("only Linux tells a process of its parent's death");
            return;
        }
        using var dataset = await TinyDataset.CreateAsync();
        var job = With(dataset.Job, settings => settings with { Epochs = 100_000 });
        using var shell = TrainerProcess.StartBelowShell("run", "--store", dataset.StorePath);
        await shell.SendAsync(job.ToJson());
        await HearStepAsync(shell);
        shell.Kill();
        // Its output ends when it ends.
        await shell.EndAsync();
        Assert.Equal("The job was stopped.", shell.Messages[^1].Error);
        Assert.NotEmpty(await dataset.Checkpoints.ListAsync(job.Id));
    }

    [Fact]
    public async Task A_pace_that_is_no_number_is_bad_input()
    {
        using var trainer = TrainerProcess.Start("run", "--store", "nowhere", "--checkpoint-steps", "often");
        trainer.CloseInput();
        var (code, errors) = await trainer.EndAsync();
        Assert.Equal(2, code);
        Assert.Contains("'often'", errors, StringComparison.Ordinal);
    }

    private static JobDocument With(JobDocument job, Func<TrainingSettings, TrainingSettings> settings) =>
        job with { Train = job.Train! with { Settings = settings(job.Train.Settings) } };

    private static async Task<TrainerProcess> StartAsync(TinyDataset dataset, JobDocument job, params string[] options)
    {
        var trainer = TrainerProcess.Start(["run", "--store", dataset.StorePath, .. options]);
        await trainer.SendAsync(job.ToJson());
        return trainer;
    }

    private static async Task HearStepAsync(TrainerProcess trainer)
    {
        while ((await trainer.HearAsync())?.Step is 0)
        {
        }
    }

    private static async Task<JobResult> EndAsync(TinyDataset dataset, JobDocument job, params string[] options)
    {
        using var trainer = await StartAsync(dataset, job, options);
        var (code, errors) = await trainer.EndAsync();
        Assert.True(code == 0, errors);
        return trainer.Messages[^1].Result!;
    }
}
