using OrleansTagging.Labels;

namespace OrleansTagging.Recipe.Tests;

public sealed class JobDocumentTests
{
    private static readonly JobDocument s_training = new()
    {
        CodeVersion = "1",
        Dataset = new() { Version = "v", Audio = "a.npy", Clips = "c.csv", Facts = "f.json" },
        Model = new(),
        Device = "cpu",
        Threads = 1,
        Train = new() { Seed = 7, Fold = 0, Settings = new(), TrainClips = "t.csv", ValidationClips = "v.csv" },
    };

    [Fact]
    public void A_document_survives_its_json_and_keeps_its_id()
    {
        var read = JobDocument.Parse(s_training.ToJson(), "job.json");

        Assert.Equal(s_training.ToJson(), read.ToJson());
        Assert.Equal(s_training.Id, read.Id);
        Assert.Matches("^cpu-[0-9a-f]{32}$", read.Id);
    }

    [Fact]
    public void Whatever_determines_the_result_changes_the_id()
    {
        JobDocument[] others =
        [
            s_training with { CodeVersion = "2" },
            s_training with { Device = "cuda" },
            s_training with { Threads = 2 },
            s_training with { Dataset = s_training.Dataset with { Version = "w" } },
            s_training with { Model = new() { Features = "mel_1024_512_64" } },
            s_training with { Model = new() { Network = new() { OutputDropout = 0.1 } } },
            s_training with { Train = s_training.Train! with { Seed = 8 } },
            s_training with { Train = s_training.Train! with { Fold = 1 } },
            s_training with { Train = s_training.Train! with { TrainClips = "u.csv" } },
            s_training with { Train = s_training.Train! with { ValidationClips = "u.csv" } },
            s_training with { Train = s_training.Train! with { Settings = new() { Epochs = 3 } } },
        ];

        Assert.Equal(others.Length + 1, others.Append(s_training).Select(job => job.Id).Distinct().Count());
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"codeVersion\":\"1\",\"surprise\":1}")]
    public void What_is_no_document_is_refused_by_name(string json) =>
        Assert.StartsWith("job.json: ", Assert.Throws<InputException>(() => JobDocument.Parse(json, "job.json")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_job_that_neither_trains_nor_predicts_is_refused() =>
        Assert.Contains("either trains or predicts",
            Assert.Throws<InputException>(() => JobDocument.Parse((s_training with { Train = null }).ToJson(), "job.json")).Message,
            StringComparison.Ordinal);

    [Fact]
    public void A_message_survives_its_line()
    {
        var message = new TrainerMessage { Kind = "progress", Epoch = 2, Epochs = 3, Step = 4, Steps = 9, Loss = 0.1, Lwlrap = 1.0 / 3 };

        Assert.Equal(message, TrainerMessage.TryParse(message.ToLine()));
        Assert.DoesNotContain('\n', message.ToLine());
        Assert.Null(TrainerMessage.TryParse("a line of some library"));
    }
}
