using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansTagging.Abstractions;
using OrleansTagging.Grains;
using OrleansTagging.Labels;
using OrleansTagging.Storage;

namespace OrleansTagging.Commands.Tests;

public sealed class PlanTests : IDisposable
{
    private const string Experiment = """
        name: planned
        dataset: small
        folds: 2
        models:
          mel: { features: mel_512_256_32, network: { num_conv_blocks: 3, conv_base_depth: 4 } }
        training: { epochs: 1 }
        curricula:
          main: { scorer: mel, rounds: [4, 8], rest: relabel }
        members:
          one: { model: mel }
          seeds: { model: mel, selection: main@1, grid: { seed: [1, 2] } }
        ensemble: [one]
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_plan_counts_what_is_new_and_what_waits_and_counts_shared_jobs_once()
    {
        await DatasetAsync("small", curated: 24, noisy: 40, test: 16);

        var plan = (await PlanAsync("--json")).Succeeded().Json;

        var parts = plan.GetProperty("parts").EnumerateArray().ToDictionary(part => part.GetProperty("name").GetString()!);
        Assert.Equal(["main@1", "main@2", "main@relabelled", "one", "seeds-seed_1", "seeds-seed_2"], parts.Keys);
        int Of(string part, string figure) => parts[part].GetProperty(figure).GetInt32();
        Assert.Equal((2, 2, 12), (Of("main@1", "trainings"), Of("main@1", "predictions"), Of("main@1", "clips")));
        // `one` is the scorer of round 1; `seeds-seed_1` is that of round 2.
        Assert.Equal((2, 0), (Of("one", "shared"), Of("seeds-seed_2", "shared")));
        Assert.Equal(2, Of("seeds-seed_1", "shared"));
        var jobs = plan.GetProperty("jobs").EnumerateArray().ToArray();
        Assert.Equal(2, jobs.Count(job => job.GetProperty("state").GetString() == "new"));
        Assert.All(jobs, job => Assert.Equal(job.GetProperty("state").GetString() == "new", job.TryGetProperty("job", out _)));
        Assert.Contains("declared pace", plan.GetProperty("time").GetProperty("source").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plan_writes_nothing_and_needs_no_trainer()
    {
        await DatasetAsync("small", curated: 24, noisy: 40, test: 16);
        string[] Files() => [.. Directory.EnumerateFiles(_folder["store"], "*", SearchOption.AllDirectories).Order()];
        var before = Files();

        var answer = (await PlanAsync()).Succeeded();

        Assert.Equal(before, Files());
        Assert.Equal("", answer.Error);
        Assert.Contains("predict noisy", answer.Out, StringComparison.Ordinal);
        Assert.All(answer.Out.Split('\n'), line => Assert.True(line.Length <= 80 || !line.StartsWith("  ", StringComparison.Ordinal), line));
    }

    [Fact]
    public async Task The_whole_contest_is_planned_from_names_and_lengths_alone()
    {
        // FSDKaggle2019 (Fonseca et al., 2019): clips of each subset, 80 classes.
        await DatasetAsync("fsdkaggle2019", curated: 4970, noisy: 19815, test: 4481, classes: 80);
        var file = Path.Combine(AppContext.BaseDirectory, "examples", "third-place.yaml");

        var plan = (await Invocation.OfAsync("plan", file, "--store", _folder["store"], "--json")).Succeeded().Json;

        var parts = plan.GetProperty("parts").EnumerateArray().ToArray();
        // Two curricula of five rounds and the rest, and twenty models.
        Assert.Equal(32, parts.Length);
        Assert.All(parts, part => Assert.Equal(5, part.GetProperty("trainings").GetInt32()));
        Assert.True(plan.GetProperty("time").GetProperty("deviceSeconds").GetDouble() > 0);
    }

    [Fact]
    public async Task A_file_or_a_job_is_needed() => (await Invocation.OfAsync("plan")).Refused("tagging plan --help");

    [Fact]
    public async Task A_dataset_that_was_never_imported_is_refused()
    {
        await DatasetAsync("other", curated: 8, noisy: 8, test: 0);

        (await PlanAsync()).Refused("'small'", "dataset import DIR --name small");
    }

    [Fact]
    public async Task A_job_that_is_in_no_plan_is_refused()
    {
        await DatasetAsync("small", curated: 24, noisy: 40, test: 16);

        (await PlanAsync("--explain", "cpu-none")).Refused("cpu-none", "planned.yaml");
    }

    [Fact]
    public async Task A_job_is_explained_by_what_sets_it_apart()
    {
        await DatasetAsync("small", curated: 24, noisy: 40, test: 16);
        var job = (await PlanAsync("--json")).Json.GetProperty("jobs")[0].GetProperty("job").GetString()!;

        Assert.Contains("no job of its kind", (await PlanAsync("--explain", job[..10])).Succeeded().Out, StringComparison.Ordinal);
    }

    private Task<Invocation> PlanAsync(params string[] more) =>
        Invocation.OfAsync(["plan", _folder.Write("planned.yaml", Experiment), "--store", _folder["store"], .. more]);

    /// <summary>Registers a dataset of which nothing is there but names, labels and lengths.</summary>
    private async Task DatasetAsync(string name, int curated, int noisy, int test, int classes = 8)
    {
        var store = Store.Open(_folder["store"]);
        var names = Enumerable.Range(0, classes).Select(label => $"Class_{label:00}").ToArray();
        var index = new StringBuilder("fname,subset,offset,samples,labels\n");
        var (offset, clip) = (0L, 0);
        foreach (var (subset, count) in new[] { ("curated", curated), ("noisy", noisy), ("test", test) })
        {
            for (var at = 0; at < count; at++, clip++)
            {
                var samples = 44_100 * (1 + clip % 15);
                index.Append(CultureInfo.InvariantCulture,
                    $"{clip:x8}.wav,{subset},{offset},{samples},{(subset == "test" ? "" : names[clip % classes])}\n");
                offset += samples;
            }
        }
        async Task<string> KeepAsync(string text, string extension) =>
            await store.Artifacts.PutAsync(Encoding.UTF8.GetBytes(text), extension, TestContext.Current.CancellationToken);
        SubsetCounts Counts(string subset, int clips) => new() { Subset = subset, Clips = clips, Hours = clips / 500.0, LabelsPerClip = 1 };
        var state = new DatasetState
        {
            Record = new DatasetRecord
            {
                Name = name,
                Version = new string('0', 64),
                Rate = 44_100,
                Classes = names,
                Audio = await KeepAsync("none", "npy"),
                Clips = await KeepAsync(index.ToString(), "csv"),
                Facts = await KeepAsync("{}", "json"),
                Subsets = [Counts("curated", curated), Counts("noisy", noisy), Counts("test", test)],
            },
        };
        await store.State.WriteAsync(
            $"grain/dataset/{name}/dataset", JsonSerializer.SerializeToUtf8Bytes(state), null, TestContext.Current.CancellationToken);
    }
}
