using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace OrleansTagging.Infra.Tests;

/// <summary>What environment variables the templates give to a silo.</summary>
internal static partial class Environments
{
    /// <summary>What the image itself sets.</summary>
    public static Dictionary<string, string> OfImage() => Dockerfile.LastStage().Where(step => step.Name == "ENV")
        .SelectMany(step => Assignment().Matches(step.Text)).ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);

    /// <summary>What a container app sets, above what the image does.</summary>
    public static Dictionary<string, string> OfApp(JsonObject app)
    {
        var set = OfImage();
        foreach (var variable in Container(app)["env"]!.AsArray())
        {
            // What Azure alone can say: a client's id, an address.
            var value = (string)variable!["value"]!;
            set[(string)variable["name"]!] = value.StartsWith("[format('{0}{1}/v2.0', environment()", StringComparison.Ordinal)
                ? $"https://login.microsoftonline.com/{Bicep.SomeId}/v2.0"
                : value.StartsWith('[') ? Bicep.SomeId : value;
        }
        return set;
    }

    /// <summary>The one container of an app.</summary>
    public static JsonNode Container(JsonObject app) => Assert.Single(app["properties"]!["template"]!["containers"]!.AsArray())!;

    /// <summary>The services of compose.yaml, variables of the user's filled in.</summary>
    public static Dictionary<string, Dictionary<object, object>> Compose()
    {
        var yaml = new DeserializerBuilder().Build();
        using var text = new StringReader(Repository.Read("compose.yaml"));
        var file = yaml.Deserialize<Dictionary<string, object>>(new MergingParser(new Parser(text)));
        return ((Dictionary<object, object>)file["services"]).ToDictionary(
            service => (string)service.Key, service => (Dictionary<object, object>)service.Value);
    }

    /// <summary>What a service of compose.yaml sets, above what the image does.</summary>
    public static Dictionary<string, string> OfService(Dictionary<object, object> service)
    {
        var set = OfImage();
        foreach (var (name, value) in (Dictionary<object, object>)service["environment"])
        {
            set[(string)name] = Filled($"{value}");
        }
        return set;
    }

    /// <summary>Fills in what a user may set, and a token for what a user must set.</summary>
    public static string Filled(string text) => Substitution().Replace(text, match => match.Groups["operator"].Value switch
    {
        ":-" => match.Groups["rest"].Value,
        ":?" => "a-token-of-more-than-16-characters",
        _ => throw new InvalidOperationException($"{text} has neither a default nor a line for whoever forgets it."),
    });

    [GeneratedRegex(@"([A-Za-z_]+)=(\S+)")]
    private static partial Regex Assignment();

    [GeneratedRegex(@"\$\{(?<name>\w+)(?<operator>:[-?])?(?<rest>[^}]*)\}")]
    private static partial Regex Substitution();
}
