using System.Globalization;
using System.Text.Json;
using OrleansTagging.Recipe;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains.Planning;

/// <summary>What sets a job apart from the nearest one that a store has.</summary>
public sealed record JobExplanation
{
    private const int MostNamed = 3;

    /// <summary>Id of the job.</summary>
    public required string Job { get; init; }

    /// <summary>Id of the nearest job; <c>null</c> where the store has none of its kind.</summary>
    public string? Nearest { get; init; }

    /// <summary>What that one is, for a reader.</summary>
    public string? NearestWhat { get; init; }

    /// <summary>The inputs that differ, in the order of the document.</summary>
    public required InputDifference[] Differences { get; init; }

    /// <summary>Compares a job's document with those of a store: the nearest has the fewest different inputs.</summary>
    internal static async Task<JobExplanation> OfAsync(
        IArtifactStore artifacts, string job, JobDocument document,
        IEnumerable<(string Job, TrainingState State, JobDocument Document)> stored)
    {
        var inputs = Flatten(document);
        var nearest = stored
            .Where(other => other.Job != job && other.Document.Train is null == document.Train is null)
            .Select(other => (other.Job, other.State, Inputs: Flatten(other.Document)))
            .Select(other => (other.Job, other.State, other.Inputs, Different: Different(inputs, other.Inputs)))
            // Another list of clips alone is nearer than another fold or seed, whose lists differ too.
            .OrderBy(other => other.Different.Length).ThenBy(other => other.Job, StringComparer.Ordinal)
            .FirstOrDefault();
        if (nearest.Job is null)
        {
            return new JobExplanation { Job = job, Differences = [] };
        }
        var differences = new List<InputDifference>();
        foreach (var path in nearest.Different)
        {
            var (mine, others) = (inputs.GetValueOrDefault(path), nearest.Inputs.GetValueOrDefault(path));
            differences.Add(new InputDifference
            {
                Input = path,
                Here = mine ?? "(not there)",
                There = others ?? "(not there)",
                Clips = mine is not null && others is not null && path.EndsWith("Clips", StringComparison.Ordinal)
                    ? await CompareAsync(artifacts, mine, others)
                    : null,
            });
        }
        return new JobExplanation
        {
            Job = job,
            Nearest = nearest.Job,
            NearestWhat = nearest.State.Request?.What,
            Differences = [.. differences],
        };
    }

    private static string[] Different(Dictionary<string, string> one, Dictionary<string, string> other) =>
    [
        .. one.Keys.Where(path => other.GetValueOrDefault(path) != one[path]),
        .. other.Keys.Where(path => !one.ContainsKey(path)),
    ];

    /// <summary>Every setting of a document by its path.</summary>
    private static Dictionary<string, string> Flatten(JobDocument document)
    {
        var inputs = new Dictionary<string, string>(StringComparer.Ordinal);
        using var json = JsonDocument.Parse(document.ToJson());
        Add("", json.RootElement);
        return inputs;

        void Add(string path, JsonElement value)
        {
            if (value.ValueKind != JsonValueKind.Object)
            {
                inputs.Add(path, value.ToString());
                return;
            }
            foreach (var property in value.EnumerateObject())
            {
                Add(path.Length == 0 ? property.Name : $"{path}.{property.Name}", property.Value);
            }
        }
    }

    private static async Task<string?> CompareAsync(IArtifactStore artifacts, string here, string there)
    {
        try
        {
            var (mine, others) = (await ReadAsync(here), await ReadAsync(there));
            var more = mine.Keys.Where(fname => !others.ContainsKey(fname)).ToArray();
            var fewer = others.Keys.Where(fname => !mine.ContainsKey(fname)).ToArray();
            var relabelled = mine.Where(clip => others.TryGetValue(clip.Key, out var labels) && labels != clip.Value)
                .Select(clip => clip.Key).ToArray();
            var parts = new[] { Told(more, "that it lacks"), Told(fewer, "only there"), Told(relabelled, "with other labels") };
            return parts.Any(part => part is not null)
                ? string.Join("; ", parts.OfType<string>())
                : "the same clips in another order";
        }
        catch (ArtifactMissingException)
        {
            return null;
        }

        async Task<Dictionary<string, string>> ReadAsync(string address) => (await ClipList.ReadAsync(artifacts, address))
            .ToDictionary(clip => clip.Fname, clip => clip.Labels, StringComparer.Ordinal);
    }

    private static string? Told(string[] clips, string how)
    {
        var named = string.Join(", ", clips.Order(StringComparer.Ordinal).Take(MostNamed));
        return clips.Length == 0
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"{clips.Length} {how} ({named}{(clips.Length > MostNamed ? ", …" : "")})");
    }
}

/// <summary>An input in which two jobs differ.</summary>
public sealed record InputDifference
{
    /// <summary>The input, by its path in the job's document.</summary>
    public required string Input { get; init; }

    /// <summary>Its value in the job.</summary>
    public required string Here { get; init; }

    /// <summary>Its value in the nearest job.</summary>
    public required string There { get; init; }

    /// <summary>What sets the lists apart, where it is a list of clips.</summary>
    public string? Clips { get; init; }
}
