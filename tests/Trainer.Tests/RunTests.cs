using System.Text;
using OrleansTagging.Labels;
using OrleansTagging.Recipe;

namespace OrleansTagging.Trainer.Tests;

public sealed class RunTests
{
    [Fact]
    public async Task A_job_is_trained_then_its_weights_predict_what_the_training_predicted()
    {
        using var dataset = await TinyDataset.CreateAsync(epochs: 6);
        var trained = await RunAsync(dataset, dataset.Job);
        Assert.NotNull(trained.Weights);
        Assert.NotNull(trained.Loss);
        Assert.InRange(trained.Lwlrap!.Value, 0.9, 1);
        var curve = Encoding.UTF8.GetString(await dataset.Artifacts.ReadAsync(trained.Curve!)).TrimEnd('\n').Split('\n');
        Assert.Equal("epoch,learning_rate,loss,lwlrap", curve[0]);
        Assert.Equal(7, curve.Length);
        var expected = await ReadPredictionsAsync(dataset, trained);
        Assert.Equal([8, 2], expected.Shape);

        var predicted = await RunAsync(dataset, dataset.Job with
        {
            Train = null,
            Predict = new PredictionTask { Weights = trained.Weights, Clips = dataset.Job.Train!.ValidationClips },
        });
        Assert.Null(predicted.Weights);
        Assert.Equal(expected.Values, (await ReadPredictionsAsync(dataset, predicted)).Values);
    }

    [Fact]
    public async Task The_same_job_run_twice_leaves_the_same_artifacts()
    {
        using var dataset = await TinyDataset.CreateAsync();
        Assert.Equal(await RunAsync(dataset, dataset.Job), await RunAsync(dataset, dataset.Job));
    }

    [Fact]
    public async Task Progress_is_told_with_epochs_steps_and_memory()
    {
        using var dataset = await TinyDataset.CreateAsync();
        using var trainer = TrainerProcess.Start("run", "--store", dataset.StorePath);
        await trainer.SendAsync(dataset.Job.ToJson());
        var (code, _) = await trainer.EndAsync();
        Assert.Equal(0, code);
        Assert.Equal("progress", trainer.Messages[0].Kind);
        Assert.Equal(3, trainer.Messages[0].Epochs);
        Assert.Equal("result", trainer.Messages[^1].Kind);
        Assert.All(trainer.Messages, message => Assert.InRange(message.PeakMemory!.Value, 1 << 20, 1500L << 20));
    }

    [Fact]
    public async Task A_trainer_stops_when_its_standard_input_is_closed()
    {
        using var dataset = await TinyDataset.CreateAsync(epochs: 100_000);
        using var trainer = TrainerProcess.Start("run", "--store", dataset.StorePath);
        await trainer.SendAsync(dataset.Job.ToJson());
        while ((await trainer.HearAsync())?.Step is 0)
        {
        }
        trainer.CloseInput();
        var (code, _) = await trainer.EndAsync();
        Assert.Equal(130, code);
        Assert.Equal("error", trainer.Messages[^1].Kind);
        Assert.False(trainer.Messages[^1].BadInput);
    }

    [Fact]
    public async Task A_job_can_come_from_a_file()
    {
        using var dataset = await TinyDataset.CreateAsync(epochs: 1);
        var file = Path.Combine(dataset.StorePath, "job.json");
        await File.WriteAllTextAsync(file, dataset.Job.ToJson());
        using var trainer = TrainerProcess.Start("run", "--store", dataset.StorePath, "--job", file);
        trainer.CloseInput();
        Assert.Equal(0, (await trainer.EndAsync()).Code);
    }

    [Fact]
    public async Task A_document_that_is_none_is_bad_input() => await AssertBadInputAsync(_ => "{\"codeVersion\":", "not a job's document");

    [Fact]
    public async Task A_document_for_another_version_of_the_code_is_bad_input() =>
        await AssertBadInputAsync(job => (job with { CodeVersion = "0" }).ToJson(), "version 0 of Learning");

    [Fact]
    public async Task A_clip_that_the_dataset_lacks_is_bad_input()
    {
        using var dataset = await TinyDataset.CreateAsync();
        var clips = await dataset.Artifacts.PutAsync("fname,labels\nnowhere.wav,high\n"u8.ToArray(), "csv");
        await AssertBadInputAsync(dataset, (dataset.Job with { Train = dataset.Job.Train! with { TrainClips = clips } }).ToJson(), "nowhere.wav");
    }

    [Fact]
    public async Task Weights_of_another_network_are_bad_input()
    {
        using var dataset = await TinyDataset.CreateAsync(epochs: 1);
        var trained = await RunAsync(dataset, dataset.Job);
        var job = dataset.Job with
        {
            Model = dataset.Job.Model with { Network = dataset.Job.Model.Network with { ConvBaseDepth = 9 } },
            Train = null,
            Predict = new PredictionTask { Weights = trained.Weights!, Clips = dataset.Job.Train!.ValidationClips },
        };
        await AssertBadInputAsync(dataset, job.ToJson(), "not the weights of this network");
    }

    [Fact]
    public async Task An_unknown_command_or_option_is_bad_input()
    {
        foreach (var arguments in (string[][])[["fly"], ["run"], ["run", "--store"], ["run", "--colour", "red"]])
        {
            using var trainer = TrainerProcess.Start(arguments);
            trainer.CloseInput();
            var (code, errors) = await trainer.EndAsync();
            Assert.Equal(2, code);
            Assert.Single(errors.TrimEnd('\n').Split('\n'));
        }
    }

    private static async Task<JobResult> RunAsync(TinyDataset dataset, JobDocument job)
    {
        using var trainer = TrainerProcess.Start("run", "--store", dataset.StorePath);
        await trainer.SendAsync(job.ToJson());
        var (code, errors) = await trainer.EndAsync();
        Assert.True(code == 0, errors);
        return trainer.Messages[^1].Result!;
    }

    private static async Task AssertBadInputAsync(Func<JobDocument, string> document, string expected)
    {
        using var dataset = await TinyDataset.CreateAsync();
        await AssertBadInputAsync(dataset, document(dataset.Job), expected);
    }

    private static async Task AssertBadInputAsync(TinyDataset dataset, string document, string expected)
    {
        using var trainer = TrainerProcess.Start("run", "--store", dataset.StorePath);
        await trainer.SendAsync(document);
        var (code, errors) = await trainer.EndAsync();
        Assert.Equal(2, code);
        Assert.Contains(expected, Assert.Single(errors.TrimEnd('\n').Split('\n')), StringComparison.Ordinal);
        Assert.Equal("error", trainer.Messages[^1].Kind);
        Assert.True(trainer.Messages[^1].BadInput);
    }

    private static async Task<NpyArray<float>> ReadPredictionsAsync(TinyDataset dataset, JobResult result) =>
        NpyFile.Read<float>(await dataset.Artifacts.GetLocalPathAsync(result.Predictions));
}
