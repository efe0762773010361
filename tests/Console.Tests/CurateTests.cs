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

    private Task<Invocation> CurateAsync(string top, params string[] more) => Invocation.OfAsync(
    [
        "curate", "--labels", Golden.Path("noisy_labels.csv"), "--predictions", Golden.Path("noisy_predictions.csv"),
        "--strategy", "top-agreement", "--top", top, "--out", _folder["out.csv"], .. more,
    ]);
}
