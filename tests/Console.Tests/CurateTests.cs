using OrleansTagging.Labels;

namespace OrleansTagging.Commands.Tests;

public sealed class CurateTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_golden_selection_has_the_golden_agreements()
    {
        var predictions = PredictionTable.Read(Golden.Path("noisy_predictions.csv"), expected: null);
        double[] AgreementsIn(string path) =>
        [
            .. LabelTable.Read(path, predictions.Classes).Clips
                .Select(clip => predictions.TryGetRow(clip.FileName, out var row)
                    ? Agreement.Of(predictions.Row(row), clip.Labels)
                    : double.NaN)
                .OrderDescending(),
        ];

        (await CurateAsync("50")).Succeeded();

        Assert.Equal(AgreementsIn(Golden.Path("relabel_scoring_50.csv")), AgreementsIn(_folder["out.csv"]));
    }

    [Fact]
    public async Task The_selection_lists_the_best_first_with_agreement_and_rank()
    {
        (await CurateAsync("3")).Succeeded();

        var rows = await File.ReadAllLinesAsync(_folder["out.csv"]);
        Assert.Equal("fname,labels,agreement,margin,rank", rows[0]);
        Assert.Equal(4, rows.Length);
        Assert.Matches(@",1,0\.\d+,1$", rows[1]);
    }

    [Fact]
    public async Task The_json_lists_the_same_clips_as_the_file()
    {
        var answer = (await CurateAsync("5", "--json")).Succeeded().Json;

        var inFile = (await File.ReadAllLinesAsync(_folder["out.csv"])).Skip(1).Select(row => row.Split(',')[0]);
        Assert.Equal(inFile, answer.GetProperty("clips").EnumerateArray().Select(clip => clip.GetProperty("fname").GetString()));
    }

    [Fact]
    public async Task More_clips_than_there_are_is_refused()
    {
        (await CurateAsync("201")).Refused("201", "200");
        Assert.False(File.Exists(_folder["out.csv"]));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("many")]
    public async Task A_count_that_is_no_whole_number_above_zero_is_refused(string top) =>
        (await CurateAsync(top)).Refused("--top", $"'{top}'");

    [Fact]
    public async Task An_unknown_strategy_is_refused() =>
        (await Invocation.OfAsync("curate", "--labels", "a", "--predictions", "b", "--strategy", "guess", "--top", "1", "--out", "c"))
            .Refused("'guess'", "'top-agreement'");

    [Fact]
    public async Task An_output_whose_folder_is_a_file_is_refused()
    {
        var file = _folder.Write("file", "");
        (await Invocation.OfAsync(
            "curate", "--labels", Golden.Path("noisy_labels.csv"), "--predictions", Golden.Path("noisy_predictions.csv"),
            "--top", "1", "--out", Path.Combine(file, "out.csv")))
            .Refused(file, "cannot be made");
    }

    [Theory]
    [InlineData("full-match", "relabel_fullmatch_1.4.csv")]
    [InlineData("relabel-all", "relabel_relabelall_1.4.csv")]
    [InlineData("relabel-all", "relabel_relabelall-replacenan_1.4.csv")]
    [InlineData("relabel-merge", "relabel_relabelall-merge_1.4.csv")]
    public async Task Golden_relabellings_are_reproduced_on_unsorted_input(string strategy, string file)
    {
        var rows = await File.ReadAllLinesAsync(Golden.Path("noisy_labels.csv"));
        var backwards = _folder.Write("backwards.csv", string.Join('\n', [rows[0], .. rows.Skip(1).Reverse()]) + "\n");
        foreach (var labels in (string[])[Golden.Path("noisy_labels.csv"), backwards])
        {
            var answer = (await RelabelAsync(labels, strategy, "--labels-per-clip", "1.4")).Succeeded();
            Assert.Equal(CellsOf(Golden.Path(file)), CellsOf(_folder["out.csv"]));
            Assert.Contains("which gives 1.4", answer.Out, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Labels_a_clip_can_be_those_of_trusted_clips()
    {
        var trusted = _folder.Write("trusted.csv", "fname,labels\nx,\"class_01,class_02\"\ny,class_03\nz,class_03\nu,\n");
        (await RelabelAsync(Golden.Path("noisy_labels.csv"), "relabel-all", "--labels-per-clip", "auto", "--curated", trusted)).Succeeded();
        var byTrusted = await File.ReadAllBytesAsync(_folder["out.csv"]);
        var answer = (await RelabelAsync(
            Golden.Path("noisy_labels.csv"), "relabel-all", "--labels-per-clip", "1.3333333333333333", "--json")).Succeeded().Json;
        Assert.Equal(await File.ReadAllBytesAsync(_folder["out.csv"]), byTrusted);
        Assert.InRange(answer.GetProperty("labelsPerClip").GetDouble(), 1.32, 1.35);
        Assert.InRange(answer.GetProperty("threshold").GetDouble(), 0.1, 0.9);
        Assert.Equal(CellsOf(_folder["out.csv"]).Count, answer.GetProperty("clips").GetArrayLength());
    }

    [Fact]
    public async Task No_class_has_more_than_its_share_and_a_shortfall_is_told()
    {
        var few = (await CurateAsync("50", "--class-cap", "0.1")).Succeeded();
        var cells = CellsOf(_folder["out.csv"]);
        Assert.All(cells.Values.SelectMany(labels => labels).GroupBy(label => label), group => Assert.InRange(group.Count(), 1, 5));
        Assert.Contains($"{50 - cells.Count} fewer than asked for", few.Out, StringComparison.Ordinal);
        Assert.Contains("5 clips", few.Out, StringComparison.Ordinal);

        Assert.Single((await CurateAsync("50", "--class-cap", "1")).Succeeded().Out.TrimEnd().Split('\n'));
    }

    [Theory]
    [InlineData("needs --top")]
    [InlineData("--curated is not for", "--top", "5", "--curated", "x.csv")]
    [InlineData("--labels-per-clip is not for", "--top", "5", "--labels-per-clip", "2")]
    [InlineData("--top is not for", "--strategy", "full-match", "--top", "5")]
    [InlineData("--class-cap is not for", "--strategy", "full-match", "--class-cap", "0.5")]
    [InlineData("needs --labels-per-clip", "--strategy", "relabel-all")]
    [InlineData("needs --curated", "--strategy", "relabel-all", "--labels-per-clip", "auto")]
    [InlineData("is for --labels-per-clip auto", "--strategy", "relabel-all", "--labels-per-clip", "2", "--curated", "x.csv")]
    [InlineData("'-1'", "--strategy", "relabel-all", "--labels-per-clip", "-1")]
    [InlineData("'Auto'", "--strategy", "relabel-all", "--labels-per-clip", "Auto")]
    [InlineData("'2'", "--top", "5", "--class-cap", "2")]
    [InlineData("cap of 0", "--top", "5", "--class-cap", "0")]
    [InlineData("12 classes", "--strategy", "relabel-all", "--labels-per-clip", "12.5")]
    [InlineData("none.csv: there is no such file", "--strategy", "relabel-all", "--labels-per-clip", "auto", "--curated", "none.csv")]
    public async Task Options_that_do_not_go_together_are_refused_and_nothing_is_written(string part, params string[] options)
    {
        (await Invocation.OfAsync(
        [
            "curate", "--labels", Golden.Path("noisy_labels.csv"), "--predictions", Golden.Path("noisy_predictions.csv"),
            "--out", _folder["out.csv"], .. options,
        ])).Refused(part);
        Assert.Empty(Directory.GetFiles(_folder.Root));
    }

    [Fact]
    public async Task Scores_that_are_no_probabilities_have_no_threshold()
    {
        var labels = _folder.Write("labels.csv", "fname,labels\na.wav,Bark\n");
        var predictions = _folder.Write("logits.csv", "fname,Bark,Bell\na.wav,0.5,-2.5\n");
        (await Invocation.OfAsync(
            "curate", "--labels", labels, "--predictions", predictions, "--strategy", "relabel-all", "--labels-per-clip", "1",
            "--out", _folder["out.csv"])).Refused("logits.csv", "'a.wav'", "'Bell'", "-2.5");
        Assert.False(File.Exists(_folder["out.csv"]));
    }

    private static Dictionary<string, string[]> CellsOf(string path) =>
        LabelTable.Read(path, PredictionTable.Read(Golden.Path("noisy_predictions.csv"), expected: null).Classes)
            .Clips.ToDictionary(clip => clip.FileName, clip => clip.Labels.Order().Select(label => $"{label}").ToArray());

    private Task<Invocation> RelabelAsync(string labels, string strategy, params string[] more) => Invocation.OfAsync(
    [
        "curate", "--labels", labels, "--predictions", Golden.Path("noisy_predictions.csv"),
        "--strategy", strategy, "--out", _folder["out.csv"], .. more,
    ]);

    private Task<Invocation> CurateAsync(string top, params string[] more) => Invocation.OfAsync(
    [
        "curate", "--labels", Golden.Path("noisy_labels.csv"), "--predictions", Golden.Path("noisy_predictions.csv"),
        "--strategy", "top-agreement", "--top", top, "--out", _folder["out.csv"], .. more,
    ]);
}
