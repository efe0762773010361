using System.Text.Json;
using System.Text.RegularExpressions;

namespace OrleansTagging.Infra.Tests;

/// <summary>What can be said of silo.Dockerfile without building it.</summary>
public sealed partial class DockerfileTests
{
    [Fact]
    public void Bases_are_pinned_to_exact_versions_and_the_SDK_is_one_that_global_json_takes()
    {
        var arguments = Dockerfile.Arguments();
        foreach (var stage in Dockerfile.Read().Where(step => step.Name == "FROM"))
        {
            var image = Argument().Match(stage.Text).Groups[1].Value;
            Assert.Matches(@"^[a-z0-9./-]+:[0-9]+\.[0-9]+(\.[0-9]+)?-[a-z]+", arguments[image]);
        }
        var sdk = Version.Parse(ThreeNumbers().Match(arguments["Sdk"]).Value);
        var wanted = Version.Parse(JsonDocument.Parse(Repository.Read("global.json")).RootElement.GetProperty("sdk").GetProperty("version").GetString()!);
        Assert.Equal((wanted.Major, wanted.Minor), (sdk.Major, sdk.Minor));
        Assert.True(sdk >= wanted);
    }

    [Fact]
    public void It_runs_as_a_user_by_number_who_is_not_root_and_tells_its_health_with_what_is_in_it()
    {
        var last = Dockerfile.LastStage();
        var user = last.Last(step => step.Name == "USER").Text;
        Assert.Matches("^[1-9][0-9]+:[1-9][0-9]+$", user);
        Assert.DoesNotContain(last[Array.FindIndex(last, step => step.Name == "USER")..], step => step.Name is "RUN" or "COPY");
        var health = last.Single(step => step.Name == "HEALTHCHECK").Text;
        var entry = last.Single(step => step.Name == "ENTRYPOINT").Text;
        Assert.EndsWith($"CMD {entry[..^1]}, \"--health\"]", Regex.Replace(health, " +", " "), StringComparison.Ordinal);
        Assert.Equal(["/cache"], JsonSerializer.Deserialize<string[]>(last.Single(step => step.Name == "VOLUME").Text)!);
    }

    [Fact]
    public void A_change_of_the_code_changes_the_last_layer_alone()
    {
        var steps = Dockerfile.Read();
        // Packages are fetched before a line of code is copied, and the code's own files come last.
        var restore = Array.FindIndex(steps, step => step.Text.Contains("publish.sh restore", StringComparison.Ordinal));
        Assert.True(restore > 0 && restore < Array.FindIndex(steps, step => step.Text == "src src"));
        var copies = Dockerfile.LastStage().Where(step => step.Name == "COPY").Select(step => step.Text.Split(' ')[1]).ToArray();
        Assert.Equal(["/out/libtorch", "/out/libraries", "/out/bill", "/out/own"], copies[^4..]);
        // Every project that restore reads.
        string[] projects = [.. Directory.EnumerateFiles(Repository.Path("src"), "*.csproj", SearchOption.AllDirectories)
            .Select(file => Path.GetFileNameWithoutExtension(file)!).Order(StringComparer.Ordinal)];
        Assert.Equal(projects, steps.Where(step => step.Name == "COPY" && step.Text.Contains(".csproj", StringComparison.Ordinal))
            .Select(step => Path.GetFileNameWithoutExtension(step.Text.Split(' ')[0])!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Nothing_secret_and_nothing_of_the_machine_gets_in()
    {
        foreach (var step in Dockerfile.Read().Where(step => step.Name is "ARG" or "ENV"))
        {
            Assert.DoesNotMatch("(?i)(password|secret|token|key|connection)[a-z_]*=", step.Text);
        }
        var ignored = Repository.Read(".dockerignore").Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !line.StartsWith('#')).ToArray();
        Assert.Equal("*", ignored[0]);
        // What is copied is let in, and no step takes the whole folder.
        foreach (var step in Dockerfile.Read().Where(step => step.Name == "COPY" && !step.Text.StartsWith("--from", StringComparison.Ordinal)))
        {
            foreach (var source in step.Text.Split(' ')[..^1])
            {
                Assert.NotEqual(".", source);
                Assert.Contains(ignored, line => line.StartsWith('!') && (source == line[1..] || source.StartsWith(line[1..] + "/", StringComparison.Ordinal)
                    || line[1..].StartsWith(source.TrimEnd('/') + "/", StringComparison.Ordinal)));
                Assert.True(Path.Exists(Repository.Path(source)), $"{source} is not there.");
            }
        }
    }

    [GeneratedRegex(@"\$\{(\w+)\}")]
    private static partial Regex Argument();

    [GeneratedRegex(@"\d+\.\d+\.\d+")]
    private static partial Regex ThreeNumbers();
}
