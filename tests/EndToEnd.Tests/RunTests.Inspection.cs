using System.Text.Json;
using OrleansTagging.Commands;
using OrleansTagging.Commands.Tests;

namespace OrleansTagging.EndToEnd.Tests;

/// <summary>What the commands that tell why say of the experiment, in this process: each on its <c>--json</c>.</summary>
public sealed partial class RunTests
{
    private string StoreA => Path.Combine(small.Root, "store-a");

    [Fact]
    public async Task Every_part_can_be_asked_for_its_state_and_its_persisted_form()
    {
        await small.WholeRunAsync();

        var experiment = await JsonAsync("inspect", "experiment", "small");
        Assert.Equal("done", experiment.GetProperty("status").GetString());
        var curriculum = await JsonAsync("inspect", "curriculum", "small/main");
        Assert.True(curriculum.GetProperty("done").GetBoolean());
        Assert.Equal((2, 0), (curriculum.GetProperty("rounds").GetArrayLength(), curriculum.GetProperty("decisions").GetArrayLength()));
        var member = await JsonAsync("inspect", "member", "small/promoted");
        Assert.Equal("main@2", member.GetProperty("trainedOn").GetString());
        var fold = await JsonAsync("inspect", "fold", "small", "main.scorer", "curated", "0");
        var job = await JsonAsync("inspect", "job", fold.GetProperty("trainingJob").GetString()!);
        Assert.Equal("done", job.GetProperty("status").GetString());
        var dataset = await JsonAsync("inspect", "dataset", "synthetic");
        Assert.Equal(16, dataset.GetProperty("classes").GetArrayLength());
        var scheduler = await JsonAsync("inspect", "scheduler");
        Assert.Equal((0, 1), (scheduler.GetProperty("queue").GetArrayLength(), scheduler.GetProperty("silos").GetArrayLength()));
        var silo = await JsonAsync("inspect", "silo");
        // A host that answers a question offers no device.
        Assert.Equal("nothing: it has no device", silo.GetProperty("waitsFor").GetString());

        var raw = await JsonAsync("inspect", "experiment", "small", "--raw");
        Assert.Equal("grain/experiment/small/experiment", raw.GetProperty("key").GetString());
        Assert.Matches("^[0-9]+-[0-9a-f]{16}$", raw.GetProperty("eTag").GetString());
        Assert.Equal("small", raw.GetProperty("state").GetProperty("Context").GetProperty("Experiment").GetString());
        var shards = await JsonAsync("inspect", "clip", "small/main", NoisyClip(), "--raw");
        Assert.Equal("grain/noisy-scores/small/main/0/scores", shards[0].GetProperty("key").GetString());

        (await AskAsync("inspect", "silo", "nowhere")).Refused("nowhere");
        (await AskAsync("inspect", "dataset", "none")).Refused("'none'");
        (await AskAsync("inspect", "curriculum", "small/none")).Refused("small/none");
        (await AskAsync("inspect", "clip", "small")).Refused("EXPERIMENT/CURRICULUM/FNAME");
    }

    [Fact]
    public async Task Rounds_and_clips_say_why_and_selections_can_be_compared()
    {
        await small.WholeRunAsync();

        var round = await JsonAsync("inspect", "round", "small/main");
        var record = round.GetProperty("record");
        Assert.Equal((2, 16), (record.GetProperty("round").GetInt32(), record.GetProperty("promoted").GetInt32()));
        Assert.Equal(16, round.GetProperty("histogram").EnumerateArray().Sum(bin => bin.GetProperty("promoted").GetInt32()));
        var (above, below) = (round.GetProperty("above"), round.GetProperty("below"));
        Assert.Equal(record.GetProperty("agreementAtCut").GetDouble(), above[above.GetArrayLength() - 1].GetProperty("agreement").GetDouble());
        Assert.Equal(17, below[0].GetProperty("rank").GetInt32());
        var plain = (await AskAsync("inspect", "round", "small", "main", "2", "--near", "2")).Succeeded().Out;
        Assert.All(plain.Split('\n'), line => Assert.True(line.Length <= 80 || !line.StartsWith("  ", StringComparison.Ordinal), line));
        Assert.Contains("< cut", plain, StringComparison.Ordinal);

        var clip = await JsonAsync("why", "small/main", above[0].GetProperty("fname").GetString()!);
        var last = clip.GetProperty("rounds")[1];
        Assert.True(last.GetProperty("promoted").GetBoolean());
        Assert.Equal(above[0].GetProperty("agreement").GetDouble(), last.GetProperty("agreement").GetDouble());
        Assert.All(last.GetProperty("models").EnumerateArray(), model =>
        {
            Assert.StartsWith("cpu-", model.GetProperty("trainingJob").GetString(), StringComparison.Ordinal);
            Assert.EndsWith(".npy", model.GetProperty("predictions").GetString(), StringComparison.Ordinal);
        });
        Assert.Contains("promoted", clip.GetProperty("usedBy").EnumerateArray().Select(use => use.GetProperty("owner").GetString()));
        (await AskAsync("inspect", "clip", "small/main", NoisyClip())).Succeeded();

        var difference = await JsonAsync("diff", "small/main@1", "small/main@2");
        var both = difference.GetProperty("both").GetInt32();
        Assert.Equal(
            (8, 16), (both + difference.GetProperty("onlyA").GetArrayLength(), both + difference.GetProperty("onlyB").GetArrayLength()));
        Assert.Equal(record.GetProperty("overlap").GetInt32(), both);
        (await AskAsync("diff", "small/main@1", "small/main@3")).Refused("small/main@3");
        (await AskAsync("diff", "small/main@1", "small")).Refused("'small'", "@ROUND");

        (await AskAsync("decide", "ban", "small/main", NoisyClip(), "--reason", "hiss")).Refused("have ended", "add a round");
        (await AskAsync("decide", "promote", "small/main", "none.wav", "--reason", "a bell")).Refused("'none.wav'");
        (await AskAsync("decide", "clear", "small/none", NoisyClip())).Refused("small/none");
    }

    [Fact]
    public async Task The_tree_leads_from_every_artifact_back_to_clips_code_and_settings_and_an_export_holds_all_of_them()
    {
        await small.WholeRunAsync();

        var tree = await JsonAsync("tree", "small");
        var nodes = tree.GetProperty("nodes").EnumerateArray().ToDictionary(node => node.GetProperty("id").GetString()!);
        Assert.Equal(
            ["dataset", "ensemble", "fold", "folds", "job", "member", "report", "round", "submission"],
            nodes.Values.Select(node => node.GetProperty("kind").GetString()).Distinct().Order(StringComparer.Ordinal));
        Assert.All(nodes.Values, node => Assert.All(From(node), from => Assert.Contains(from, nodes.Keys)));
        Assert.Contains("small/submission", tree.GetProperty("roots").EnumerateArray().Select(root => root.GetString()));
        Assert.Contains("small/main@1", From(nodes[From(nodes["small/main.scorer/main@1/0"])[0]]));

        var weights = nodes[From(nodes["small/promoted/main@2/0"])[0]].GetProperty("artifacts").GetProperty("weights").GetString()!;
        var made = (await JsonAsync("tree", weights)).GetProperty("nodes").EnumerateArray().ToArray();
        var training = made.Single(node => node.GetProperty("artifacts").EnumerateObject().Any(artifact => artifact.Value.GetString() == weights));
        Assert.Equal("3", training.GetProperty("facts").GetProperty("code version").GetString());
        Assert.Contains("epochs", training.GetProperty("facts").GetProperty("settings").GetString(), StringComparison.Ordinal);
        Assert.Contains("small/main@2", made.Select(node => node.GetProperty("id").GetString()));
        Assert.Contains("dataset/synthetic", made.Select(node => node.GetProperty("id").GetString()));
        Assert.DoesNotContain("small/submission", made.Select(node => node.GetProperty("id").GetString()));
        Assert.StartsWith("job ", (await AskAsync("tree", weights)).Succeeded().Out, StringComparison.Ordinal);
        (await AskAsync("tree", "nothing")).Refused("'nothing'");

        await ExportHoldsAllAsync(weights);
    }

    private async Task ExportHoldsAllAsync(string weights)
    {
        var folder = Path.Combine(small.Root, "exports", "small");
        var exported = await JsonAsync("export", "small", "--to", folder);
        var files = exported.GetProperty("files").EnumerateArray().Select(file => file.GetString()!).ToHashSet();
        Assert.Superset(
            new HashSet<string>
            {
                "experiment.yaml", "report.json", "submission.csv", "timings.json", "lineage.json", "artifacts.json", "selections/main@2.csv",
                "weights/promoted/main@2/fold0.dat", "curves/main.scorer/curated/fold1.csv", "tables/rounds.csv",
                "tables/members/promoted.classes.csv", "tables/rounds/main@2.agreement.csv", "predictions/members/promoted.test.npy",
                "predictions/folds/main.scorer/main@1/fold0.noisy.npy", "figures/agreement-main@2.svg", "figures/agreement-main@2.png",
                "figures/rounds-main.svg", "figures/lwlrap-promoted-main@2.png",
            },
            files);
        Assert.Equal(small.Read("out-a", "report.json"), await File.ReadAllBytesAsync(Path.Combine(folder, "report.json")));
        using var contents = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(folder, "artifacts.json")));
        Assert.Contains(weights, contents.RootElement.EnumerateArray().Select(artifact => artifact.GetProperty("address").GetString()));
        Assert.Equal(
            [0x89, (byte)'P', (byte)'N', (byte)'G'], (await File.ReadAllBytesAsync(Path.Combine(folder, "figures/agreement-main@2.png"))).Take(4));
        Assert.Contains("<svg", await File.ReadAllTextAsync(Path.Combine(folder, "figures/rounds-main.svg")), StringComparison.Ordinal);
        Assert.Single(Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(folder)!));

        (await AskAsync("export", "small", "--to", folder)).Refused("something already");
        (await AskAsync("export", "none", "--to", Path.Combine(small.Root, "exports", "none"))).Refused("'none'");
        Assert.Single(Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(folder)!));
    }

    private static string[] From(JsonElement node) => [.. node.GetProperty("from").EnumerateArray().Select(from => from.GetString()!)];

    private string NoisyClip() =>
        File.ReadLines(Path.Combine(small.Root, "dataset", "train_noisy.csv")).Skip(1).First().Split(',')[0];

    private async Task<JsonElement> JsonAsync(params string[] what) => (await AskAsync([.. what, "--json"])).Succeeded().Json;

    private Task<Invocation> AskAsync(params string[] what) => Invocation.OfAsync([.. what, "--store", StoreA]);
}
