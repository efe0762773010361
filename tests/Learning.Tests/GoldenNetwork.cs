using System.IO.Compression;
using System.Text.Json;
using System.Text.RegularExpressions;
using OrleansTagging.Labels;
using OrleansTagging.Recipe;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTagging.Learning.Tests;

/// <summary>
/// What the author's own network gave in PyTorch 1.13 (golden/networks), read into ours: his names become ours, and his images, which stand
/// upright, are turned.
/// </summary>
internal sealed partial class GoldenNetwork
{
    // The places in his Sequential modules, by our names.
    private static readonly Dictionary<string, string> _places = new()
    {
        ["bn_in"] = "0", ["conv"] = "1", ["bn"] = "3", ["prelu"] = "4", ["resnet"] = "5",
    };

    private static readonly Dictionary<string, string> _headPlaces = new()
    {
        ["bn1"] = "0", ["linear1"] = "1", ["bn2"] = "2", ["prelu"] = "3", ["linear2"] = "5",
    };

    private readonly Dictionary<string, NpyArray<float>> _arrays = [];

    public GoldenNetwork(string name)
    {
        Facts = GoldenFiles.Json($"networks/{name}.json");
        using var archive = ZipFile.OpenRead(GoldenFiles.PathOf($"networks/{name}.npz"));
        foreach (var entry in archive.Entries)
        {
            using var stream = entry.Open();
            using var whole = new MemoryStream();
            stream.CopyTo(whole);
            whole.Position = 0;
            _arrays[Path.GetFileNameWithoutExtension(entry.Name)] = NpyFile.Read<float>(whole, entry.Name);
        }
        Settings = new NetworkSettings
        {
            Type = name.Contains("1d", StringComparison.Ordinal) ? "cnn_1d" : "cnn_2d",
            NumConvBlocks = Facts.GetProperty("blocks").GetInt32(),
            ConvBaseDepth = Facts.GetProperty("base").GetInt32(),
            GrowthRate = Facts.GetProperty("growth").GetDouble(),
            StartDeepSupervisionOn = Facts.GetProperty("start").GetInt32(),
            AggregationType = Facts.TryGetProperty("aggregation", out var aggregation) ? aggregation.GetString()! : "max",
        };
    }

    public JsonElement Facts { get; }

    public NetworkSettings Settings { get; }

    public NpyArray<float> this[string name] => _arrays[name];

    /// <summary>His state in our network.</summary>
    public TaggingNetwork Network()
    {
        var (bands, classes) = ((int)this["features"].Shape[^2], (int)this["targets"].Shape[^1]);
        TaggingNetwork network = Settings.Type == "cnn_1d"
            ? new Cnn1d(Settings, bands, classes, new WeightDraw(1))
            : new Cnn2d(Settings, bands, classes, new WeightDraw(1));
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        var state = network.state_dict();
        foreach (var (name, ours) in state)
        {
            ours.copy_(Turned(this[$"state.{HisName(name)}"]).reshape(ours.shape));
        }
        Assert.Equal(_arrays.Keys.Count(name => name.StartsWith("state.", StringComparison.Ordinal)), state.Count);
        return network;
    }

    /// <summary>Features as ours take them, <c>[clips, frames, bands]</c>; of one step of several.</summary>
    public Tensor Features(int? step = null) => Of("features", step).transpose(1, 2).contiguous();

    public Tensor Targets(int? step = null) => Of("targets", step);

    /// <summary>His name of a parameter or statistic of ours.</summary>
    public static string HisName(string ours)
    {
        if (Block().Match(ours) is { Success: true } block)
        {
            return $"{block.Groups[1]}.{_places[block.Groups[2].Value]}.{block.Groups[3]}";
        }
        if (Recurrent().Match(ours) is { Success: true } recurrent)
        {
            return $"{recurrent.Groups[1]}.{recurrent.Groups[2].Value.Replace("norm_", "0.").Replace("gru.", "1.")}";
        }
        var parts = ours.Split('.');
        return string.Join('.', [parts[0], _headPlaces[parts[1]], .. parts[2..]]);
    }

    /// <summary>A tensor of his in the order of ours: kernels of <c>[frames, bands]</c>.</summary>
    public static Tensor Turned(NpyArray<float> his)
    {
        var whole = tensor(his.Values, [.. his.Shape]);
        return his.Shape.Count == 4 ? whole.transpose(2, 3).contiguous() : whole;
    }

    private Tensor Of(string name, int? step)
    {
        var whole = tensor(this[name].Values, [.. this[name].Shape]);
        return step is { } one ? whole[one] : whole;
    }

    [GeneratedRegex(@"^(conv_modules\.\d+)\.(\w+)\.(.+)$")]
    private static partial Regex Block();

    [GeneratedRegex(@"^(rnns\.\d+)\.(.+)$")]
    private static partial Regex Recurrent();
}
