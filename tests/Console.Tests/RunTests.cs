namespace OrleansTagging.Commands.Tests;

public sealed class RunTests : IDisposable
{
    private const string Experiment = """
        name: wrong
        dataset: small
        folds: 2
        models:
          mel: { features: mel_512_256_32, network: { num_conv_blocks: 3, conv_base_depth: 4 } }
        training: { epochs: 1 }
        curricula:
          main: { scorer: mel, rounds: [4] }
        members:
          one: { model: mel, selection: curated }
        ensemble: [one]
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_missing_file_is_refused() => (await RunAsync(_folder["none.yaml"])).Refused("none.yaml", "no such file");

    [Theory]
    [InlineData("folds: 2", "fold: 2", "line 3", "unknown key 'fold'")]
    [InlineData("folds: 2", "folds: two", "line 3", "'folds' needs a whole number")]
    [InlineData("epochs: 1", "epochs: [1, two]", "line 6", "'epochs'")]
    [InlineData("selection: curated", "selection: main@2", "line 10", "1 rounds")]
    [InlineData("ensemble: [one]", "ensemble: [two]", "line 11", "'two' is no member")]
    [InlineData("name: wrong", "name: [", "wrong.yaml")]
    public async Task A_file_with_a_slip_is_refused_with_its_line(string right, string wrong, params string[] parts) =>
        (await RunAsync(_folder.Write("wrong.yaml", Experiment.Replace(right, wrong, StringComparison.Ordinal))))
            .Refused(["wrong.yaml", .. parts]);

    [Fact]
    public async Task A_dataset_that_was_never_imported_is_refused() =>
        (await RunAsync(_folder.Write("wrong.yaml", Experiment))).Refused("'small'");

    [Fact]
    public async Task A_curriculum_that_asks_for_more_clips_than_exist_is_refused()
    {
        (await Invocation.OfAsync("dataset", "synth", "--out", _folder["dataset"], "--scale", "0.01")).Succeeded();
        (await Invocation.OfAsync("dataset", "import", _folder["dataset"], "--name", "small", "--store", _folder["store"])).Succeeded();

        (await RunAsync(_folder.Write("wrong.yaml", Experiment.Replace("[4]", "[4000]", StringComparison.Ordinal)))).Refused("4000", "16");
    }

    [Theory]
    [InlineData("experiment", "none")]
    [InlineData("round", "none", "main", "1")]
    [InlineData("clip", "none", "main", "a.wav")]
    [InlineData("fold", "none", "one", "curated", "0")]
    [InlineData("job", "cpu-none")]
    public async Task Inspecting_what_is_not_there_is_refused(params string[] what)
    {
        (await Invocation.OfAsync("dataset", "synth", "--out", _folder["dataset"], "--scale", "0.01")).Succeeded();
        (await Invocation.OfAsync("dataset", "import", _folder["dataset"], "--name", "small", "--store", _folder["store"])).Succeeded();

        (await Invocation.OfAsync(["inspect", .. what, "--store", _folder["store"]])).Refused(what[1]);
    }

    [Fact]
    public async Task Inspecting_round_zero_is_refused() =>
        (await Invocation.OfAsync("inspect", "round", "a", "b", "0")).Refused("ROUND", "'0'");

    private Task<Invocation> RunAsync(string file) => Invocation.OfAsync("run", file, "--store", _folder["store"], "--out", _folder["out"]);
}
