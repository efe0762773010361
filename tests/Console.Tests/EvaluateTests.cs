using System.Text.Json;

namespace OrleansTagging.Commands.Tests;

public sealed class EvaluateTests : IDisposable
{
    private const string Labels = "fname,labels\na.wav,Bark\nb.wav,\"Bell,Bark\"\nc.wav,\n";
    private const string Predictions = "fname,Bark,Bell,Rain\nb.wav,0.2,0.7,0.1\na.wav,0.9,0.05,0.05\nc.wav,0.3,0.3,0.4\n";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_golden_figures_hold_to_nine_places()
    {
        var expected = JsonDocument.Parse(await File.ReadAllTextAsync(Golden.Path("evaluate_expected.json"))).RootElement;

        var invocation = await Invocation.OfAsync(
            "evaluate", "--labels", Golden.Path("evaluate_labels.csv"), "--predictions", Golden.Path("evaluate_predictions.csv"),
            "--per-class", "--json");
        var answer = invocation.Succeeded().Json;

        Assert.Equal(expected.GetProperty("lwlrap").GetDouble(), answer.GetProperty("lwlrap").GetDouble(), 1e-9);
        Assert.Equal(18, answer.GetProperty("clips").GetInt32());
        var perClass = answer.GetProperty("perClassLwlrap");
        foreach (var name in expected.GetProperty("perClassLwlrap").EnumerateObject())
        {
            Assert.Equal(name.Value.GetDouble(), perClass.GetProperty(name.Name).GetDouble(), 1e-9);
        }
        Assert.Equal(12, perClass.EnumerateObject().Count());
    }

    [Fact]
    public async Task The_table_names_every_class_and_fits_80_columns()
    {
        var answer = (await EvaluateAsync(Labels, Predictions, "--per-class")).Succeeded();

        Assert.StartsWith("lwlrap 1.0000 over 2 clips with labels\n", answer.Out, StringComparison.Ordinal);
        Assert.All(["Bark", "Bell", "Rain"], name => Assert.Contains(name, answer.Out, StringComparison.Ordinal));
        Assert.All(answer.Out.Split('\n'), line => Assert.True(line.Length <= 80, line));
        Assert.DoesNotContain('\u001b', answer.Out);
    }

    [Fact]
    public async Task A_bootstrap_gives_an_interval_that_the_seed_determines()
    {
        Task<Invocation> Golden(params string[] more) => Invocation.OfAsync(
        [
            "evaluate", "--labels", Tests.Golden.Path("evaluate_labels.csv"),
            "--predictions", Tests.Golden.Path("evaluate_predictions.csv"), .. more,
        ]);
        var answer = (await Golden("--bootstrap", "500", "--json")).Succeeded();
        var interval = answer.Json.GetProperty("interval");
        Assert.InRange(answer.Json.GetProperty("lwlrap").GetDouble(),
            interval.GetProperty("low").GetDouble(), interval.GetProperty("high").GetDouble());
        Assert.Equal(500, interval.GetProperty("resamples").GetInt32());
        Assert.Equal(0.95, interval.GetProperty("level").GetDouble());

        Assert.Equal(answer.Out, (await Golden("--bootstrap", "500", "--json", "--seed", "0")).Succeeded().Out);
        Assert.NotEqual(answer.Out, (await Golden("--bootstrap", "500", "--json", "--seed", "1")).Succeeded().Out);
        Assert.Matches(@"^lwlrap 0\.7116 over 18 clips with labels; 95 % interval 0\.\d{4} to 0\.\d{4}\n$",
            (await Golden("--bootstrap", "500")).Succeeded().Out);
        Assert.False((await Golden("--json")).Succeeded().Json.TryGetProperty("interval", out _));
        (await Golden("--bootstrap", "0")).Refused("--bootstrap", "'0'");
    }

    [Fact]
    public async Task Labels_with_a_usage_give_the_public_and_the_private_score_too()
    {
        const string Truth = "fname,labels,usage,license\nb.wav,Bell,Public,CC0\na.wav,Bell,Private,CC0\nc.wav,Rain,Private,CC0\n";
        Assert.Equal(
            "lwlrap 0.7778 over 3 clips with labels\npublic 1.0000 over 1 clips with labels\nprivate 0.6667 over 2 clips with labels\n",
            (await EvaluateAsync(Truth, Predictions)).Succeeded().Out);

        var answer = (await EvaluateAsync(Truth, Predictions, "--json")).Succeeded().Json;
        Assert.Equal(1, answer.GetProperty("public").GetProperty("lwlrap").GetDouble());
        Assert.Equal(2.0 / 3, answer.GetProperty("private").GetProperty("lwlrap").GetDouble(), 1e-12);
        Assert.Equal(2, answer.GetProperty("private").GetProperty("clips").GetInt32());

        var onlyPublic = (await EvaluateAsync("fname,labels,usage\nb.wav,Bell,Public\n", Predictions)).Succeeded();
        Assert.Contains("private - over 0 clips", onlyPublic.Out, StringComparison.Ordinal);
        (await EvaluateAsync("fname,labels,usage\nb.wav,Bell,both\n", Predictions)).Refused("labels.csv, line 2", "'both'");
    }

    [Fact]
    public async Task Predictions_without_a_class_that_the_labels_use_are_refused() =>
        (await EvaluateAsync(Labels, "fname,Bark,Rain\na.wav,1,0\nb.wav,1,0\n")).Refused("labels.csv, line 3", "'Bell'", "predictions.csv");

    [Theory]
    [InlineData("NaN")]
    [InlineData("inf")]
    [InlineData("many")]
    public async Task Predictions_that_are_no_finite_number_are_refused_with_their_clip(string score) =>
        (await EvaluateAsync(Labels, Predictions.Replace("0.7", score, StringComparison.Ordinal)))
            .Refused("predictions.csv, line 2", "'b.wav'", "'Bell'");

    [Fact]
    public async Task A_labelled_clip_without_predictions_is_refused() =>
        (await EvaluateAsync(Labels, "fname,Bark,Bell,Rain\nb.wav,1,0,0\n")).Refused("predictions.csv", "'a.wav'");

    [Theory]
    [InlineData("a.wav,Bark\n", "labels.csv, line 1", "fname,labels")]
    [InlineData("fname,labels\na.wav,Brak\n", "labels.csv, line 2", "'Brak'", "'Bark'")]
    [InlineData("fname,labels\na.wav,Bark\na.wav,Bell\n", "labels.csv, line 3", "'a.wav'")]
    [InlineData("", "labels.csv", "empty")]
    public async Task A_wrong_label_file_is_refused_with_its_line(string labels, params string[] parts) =>
        (await EvaluateAsync(labels, Predictions)).Refused(parts);

    [Fact]
    public async Task A_missing_file_is_refused() =>
        (await Invocation.OfAsync(
            "evaluate", "--labels", _folder["none.csv"], "--predictions", _folder.Write("predictions.csv", Predictions)))
            .Refused("none.csv", "no such file");

    private Task<Invocation> EvaluateAsync(string labels, string predictions, params string[] more) => Invocation.OfAsync(
    [
        "evaluate", "--labels", _folder.Write("labels.csv", labels),
        "--predictions", _folder.Write("predictions.csv", predictions), .. more,
    ]);
}
