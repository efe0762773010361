using System.Globalization;
using OrleansTagging.Labels;

namespace OrleansTagging.Commands.Tests;

public sealed class BlendTests : IDisposable
{
    private static readonly string[] Classes = ["Bark", "Bell", "Rain", "Wind"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_mean_of_predictions_is_written_in_the_first_ones_order()
    {
        var one = _folder.Write("one.csv", "fname,Bark,Bell\nb.wav,0.25,0.75\na.wav,0.5,0\n");
        var other = _folder.Write("other.csv", "Bell,fname,Bark\n0.5,a.wav,1\n0.25,b.wav,0.75\n");
        var labels = _folder.Write("labels.csv", "fname,labels\na.wav,Bark\nb.wav,Bell\n");
        var answer = (await Invocation.OfAsync("blend", "--labels", labels, "--predictions", one, other, "--out", _folder["out.csv"]))
            .Succeeded();

        Assert.Equal("fname,Bark,Bell\nb.wav,0.5,0.5\na.wav,0.75,0.25\n", await File.ReadAllTextAsync(_folder["out.csv"]));
        Assert.Contains("lwlrap 0.7500: a plain mean", answer.Out, StringComparison.Ordinal);

        (await Invocation.OfAsync("blend", "--labels", labels, "--predictions", one, other, "--ranks", "--out", _folder["out.csv"]))
            .Succeeded();
        Assert.Equal("fname,Bark,Bell\nb.wav,0.5,0.5\na.wav,1,0\n", await File.ReadAllTextAsync(_folder["out.csv"]));
    }

    [Theory]
    [InlineData("--fit")]
    [InlineData("--greedy")]
    public async Task Weights_are_told_with_what_they_give_and_an_honest_figure(string how)
    {
        var (labels, members) = Ensemble();
        string[] command = ["blend", "--labels", labels, "--predictions", .. members, how, "--folds", "4", "--out", _folder["out.csv"]];
        var answer = (await Invocation.OfAsync([.. command, "--json"])).Succeeded().Json;

        var weights = answer.GetProperty("members").EnumerateArray().Select(member => member.GetProperty("weight").GetDouble()).ToArray();
        Assert.Equal(1, weights.Sum(), 1e-9);
        Assert.True(weights[0] > weights[1] && weights[0] > weights[2]);
        Assert.Equal(how[2..], answer.GetProperty("method").GetString());
        Assert.Equal(4, answer.GetProperty("folds").GetInt32());
        Assert.True(answer.GetProperty("lwlrap").GetDouble() > answer.GetProperty("meanLwlrap").GetDouble());
        Assert.InRange(answer.GetProperty("honestLwlrap").GetDouble(), 0.1, 1);

        // The file is the blend that the figures are of.
        var written = (await Invocation.OfAsync("evaluate", "--labels", labels, "--predictions", _folder["out.csv"], "--json")).Succeeded();
        Assert.Equal(answer.GetProperty("lwlrap").GetDouble(), written.Json.GetProperty("lwlrap").GetDouble(), 1e-12);

        var text = (await Invocation.OfAsync(command)).Succeeded().Out;
        Assert.Contains("honest lwlrap", text, StringComparison.Ordinal);
        Assert.Contains(weights[0].ToString("0.000", CultureInfo.InvariantCulture), text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_order_of_the_rows_changes_nothing_but_the_order_of_the_rows()
    {
        var (labels, members) = Ensemble();
        async Task<string[]> BlendAsync()
        {
            (await Invocation.OfAsync(["blend", "--labels", labels, "--predictions", .. members, "--fit", "--out", _folder["out.csv"]]))
                .Succeeded();
            return [.. (await File.ReadAllLinesAsync(_folder["out.csv"])).Order(StringComparer.Ordinal)];
        }
        var before = await BlendAsync();
        foreach (var path in (string[])[labels, members[0], members[2]])
        {
            var rows = await File.ReadAllLinesAsync(path);
            await File.WriteAllLinesAsync(path, [rows[0], .. rows.Skip(1).Reverse()]);
        }
        Assert.Equal(before, await BlendAsync());
    }

    [Fact]
    public async Task Clips_without_labels_are_blended_too()
    {
        var (labels, members) = Ensemble();
        foreach (var member in members)
        {
            await File.AppendAllTextAsync(member, "test.wav,0.5,0.25,0.75,0\n");
        }
        var answer = (await Invocation.OfAsync(
            ["blend", "--labels", labels, "--predictions", .. members, "--out", _folder["out.csv"], "--json"])).Succeeded();
        Assert.Equal(121, answer.Json.GetProperty("clips").GetInt32());
        Assert.Equal("test.wav,0.5,0.25,0.75,0", (await File.ReadAllLinesAsync(_folder["out.csv"]))[^1]);
    }

    [Fact]
    public async Task Bad_input_is_refused_and_nothing_is_written()
    {
        var (labels, members) = Ensemble();
        async Task<Invocation> BlendAsync(string truth, string second, params string[] more)
        {
            var answer = await Invocation.OfAsync(
                ["blend", "--labels", truth, "--predictions", members[0], second, "--out", _folder["out.csv"], .. more]);
            Assert.False(File.Exists(_folder["out.csv"]));
            return answer;
        }
        (await BlendAsync(labels, members[1], "--fit", "--greedy")).Refused("--fit", "--greedy");
        (await BlendAsync(labels, members[1], "--fit", "--folds", "1")).Refused("--folds", "'1'");
        (await BlendAsync(labels, members[1], "--fit", "--folds", "500")).Refused("120 clips", "500 folds");
        (await BlendAsync(labels, _folder["none.csv"])).Refused("none.csv", "no such file");
        (await BlendAsync(labels, _folder.Write("few.csv", "fname,Bark,Bell,Rain,Wind\nx.wav,1,2,3,4\n"))).Refused("Member 2", "1 clips");
        (await BlendAsync(labels, _folder.Write("less.csv", "fname,Bark,Bell\nx.wav,1,2\n"))).Refused("less.csv", "'Rain'");
        (await BlendAsync(_folder.Write("l1.csv", "fname,labels\nx.wav,Bark\n"), members[1])).Refused("one.csv", "'x.wav'");
        (await BlendAsync(_folder.Write("l2.csv", "fname,labels\n000.wav,Brak\n"), members[1]))
            .Refused("l2.csv, line 2", "'Brak'", "one.csv");
        (await BlendAsync(_folder.Write("l3.csv", "fname,labels\n000.wav,\n"), members[1])).Refused("No clip has a label");
        (await Invocation.OfAsync("blend", "--labels", labels, "--out", _folder["out.csv"])).Refused("--predictions");
    }

    /// <summary>Labels of 120 clips and three members' predictions, the first of which knows most.</summary>
    private (string Labels, string[] Members) Ensemble()
    {
        var map = new ClassMap(Classes);
        var clips = Enumerable.Range(0, 120).Select(clip => new LabelledClip($"{clip:000}.wav", [clip % 4])).ToArray();
        LabelTable.Write(_folder["labels.csv"], map, clips);
        string[] members = [_folder["one.csv"], _folder["two.csv"], _folder["three.csv"]];
        for (var member = 0; member < members.Length; member++)
        {
            var random = SeededRandom.Of(3, (ulong)member);
            var scores = new double[120 * 4];
            for (var at = 0; at < scores.Length; at++)
            {
                var logit = random.NextGaussian() + (at / 4 % 4 == at % 4 ? member == 0 ? 2 : 0.3 : 0);
                scores[at] = 1 / (1 + Math.Exp(-logit));
            }
            new PredictionTable(clips.Select(clip => clip.FileName), map, scores).Write(members[member]);
        }
        return (_folder["labels.csv"], members);
    }
}
