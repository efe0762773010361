using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Serialization;

namespace OrleansTagging.Infra.Tests;

/// <summary>azure.yaml, the Bicep files and their parameters, held against each other.</summary>
public sealed partial class TemplateTests
{
    // What azd knows without being told: its environment, what it has found out, what it has built.
    private static readonly string[] OfAzd =
        ["AZURE_ENV_NAME", "AZURE_LOCATION", "AZURE_PRINCIPAL_ID", "SERVICE_CPU_IMAGE_NAME", "SERVICE_GPU_IMAGE_NAME"];

    private static readonly string[] ReadByAzd = ["AZURE_RESOURCE_GROUP", "AZURE_CONTAINER_REGISTRY_ENDPOINT"];

    private static readonly string[] Identities = ["cpu", "gpu"];

    [Theory]
    [InlineData("main")]
    [InlineData("cpu")]
    [InlineData("gpu")]
    public async Task Bicep_builds_without_a_warning(string file)
    {
        var (code, template, said) = await Bicep.CompileAsync($"infra/{file}.bicep");
        Assert.Equal((0, ""), (code, said.Trim()));
        (code, _, said) = await Bicep.RunAsync("lint", Repository.Path($"infra/{file}.bicep"));
        Assert.Equal((0, ""), (code, said.Trim()));
        // Nothing asks Azure for a key, in whichever words.
        Assert.DoesNotMatch("list[A-Z][A-Za-z]*\\(|sharedKey|primaryKey|connectionStrings", template.Replace("listContainer", "", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("main")]
    [InlineData("cpu")]
    [InlineData("gpu")]
    public async Task Parameters_that_are_given_exist_are_described_and_none_that_is_needed_is_left_out(string file)
    {
        var declared = (await Bicep.BuildAsync($"infra/{file}.bicep"))["parameters"]!.AsObject();
        var given = JsonNode.Parse(Repository.Read($"infra/{file}.parameters.json"))!["parameters"]!.AsObject();
        Assert.Empty(given.Select(parameter => parameter.Key).Except(declared.Select(parameter => parameter.Key)));
        Assert.Empty(declared.Where(parameter => parameter.Value!["defaultValue"] is null).Select(parameter => parameter.Key)
            .Except(given.Select(parameter => parameter.Key)));
        if (file == "main")
        {
            Assert.All(declared, parameter => Assert.NotNull(parameter.Value!["metadata"]?["description"]));
            Assert.Equal(declared.Count, given.Count);
        }
        Assert.All(declared, parameter => Assert.DoesNotContain("secure", (string)parameter.Value!["type"]!, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Outputs_are_what_the_silos_are_made_with_and_hold_no_secret()
    {
        var outputs = (await Bicep.BuildAsync("infra/main.bicep"))["outputs"]!.AsObject();
        var hook = Repository.Read("infra/sign-in.sh");
        var readme = Repository.Read("README.md");
        string[] asked = [.. Identities.SelectMany(service => Variables($"infra/{service}.parameters.json"))];
        Assert.All(asked, name => Assert.True(
            outputs.ContainsKey(name) || OfAzd.Contains(name) || hook.Contains($"env set {name}", StringComparison.Ordinal)
                || IsLeftToTheUser(name), $"Nobody sets {name}."));
        Assert.All(outputs.Select(output => output.Key), name => Assert.True(
            asked.Contains(name) || ReadByAzd.Contains(name) || readme.Contains(name, StringComparison.Ordinal), $"Nobody uses {name}."));
        Assert.All(outputs, output => Assert.DoesNotMatch("(?i)connectionstring|key|password|secret|token", output.Value!["value"]!.ToJsonString()));
        Assert.Contains("https://cpu.", (string)outputs["TAGGING_DASHBOARD"]!["value"]!, StringComparison.Ordinal);
        Assert.Contains("az containerapp exec", (string)outputs["TAGGING_CONSOLE"]!["value"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_service_of_azure_yaml_is_one_app_and_one_image()
    {
        var file = new DeserializerBuilder().Build().Deserialize<Dictionary<string, object>>(Repository.Read("azure.yaml"));
        var services = (Dictionary<object, object>)file["services"];
        Assert.Equal(Identities, services.Keys.Cast<string>().Order(StringComparer.Ordinal));
        foreach (var (name, value) in services)
        {
            var service = (Dictionary<object, object>)value;
            Assert.Equal("containerapp", service["host"]);
            var docker = (Dictionary<object, object>)service["docker"];
            Assert.True(File.Exists(Repository.Path(Path.Combine((string)service["project"], (string)docker["path"]))));
            var device = ((string)((List<object>)docker["buildArgs"]).Single()).Split('=');
            Assert.Contains(Dockerfile.Read(), step => step.Name == "ARG" && step.Text.Split('=')[0] == device[0]);
            Assert.Equal((string)name == "gpu" ? "cuda" : "cpu", device[1]);
            Assert.True(File.Exists(Repository.Path($"infra/{name}.bicep")));
            // azd finds the service's app by its tag, and takes several for a mistake.
            var apps = await Bicep.AppsAsync((string)name, (string)name == "gpu" ? [("gpuSilos", "3")] : []);
            Assert.Single(apps, app => (string?)app["tags"]?["azd-service-name"] == (string)name);
            Assert.All(apps, app => Assert.Equal("test", (string?)app["tags"]?["azd-env-name"]));
        }
        foreach (var hook in ((Dictionary<object, object>)file["hooks"]).Values.Cast<Dictionary<object, object>>())
        {
            Assert.True(File.Exists(Repository.Path(((string)hook["run"]).Split(' ')[0])));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Identities_have_the_roles_that_they_need_and_nothing_has_a_key(bool isPrivate)
    {
        var resources = await Bicep.ResourcesAsync(
            "infra/main.bicep", ("environmentName", "'test'"), ("location", "'westeurope'"), ("privateEndpoints", isPrivate ? "true" : "false"));
        JsonObject[] Of(string type) => [.. resources.Where(resource => (string)resource["type"]! == type)];
        // By what its name in Bicep says: the client's part of the outputs is known to Azure alone.
        foreach (var identity in Identities)
        {
            var principal = $"outputs.{identity}PrincipalId";
            string[] roles = [.. Of("Microsoft.Authorization/roleAssignments")
                .Where(role => ((string)role["properties"]!["principalId"]!).Contains(principal, StringComparison.Ordinal))
                .Select(role => ((string)role["properties"]!["roleDefinitionId"]!).Split('/')[^1]).Order(StringComparer.Ordinal)];
            // Storage Table Data Contributor; AcrPull; Storage Blob Data Contributor.
            Assert.Equal(
                ["0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3", "7f951dda-4ed3-4680-a7ca-43fe172d538d", "ba92f5b4-2d11-453d-a403-e96b0029c9fe"], roles);
        }
        Assert.Equal(Identities.Length, Of("Microsoft.ManagedIdentity/userAssignedIdentities").Length);
        Assert.False((bool)Of("Microsoft.Storage/storageAccounts").Single()["properties"]!["allowSharedKeyAccess"]!);
        Assert.False((bool)Of("Microsoft.ContainerRegistry/registries").Single()["properties"]!["adminUserEnabled"]!);
        string[] parts = [.. Of("Microsoft.Network/privateEndpoints")
            .Select(endpoint => (string)endpoint["properties"]!["privateLinkServiceConnections"]![0]!["properties"]!["groupIds"]![0]!).Order()];
        Assert.Equal(isPrivate ? ["blob", "registry", "table"] : [], parts);
        Assert.Equal(isPrivate ? 1 : 0, Of("Microsoft.Network/virtualNetworks").Length);
        var environment = Of("Microsoft.App/managedEnvironments").Single()["properties"]!;
        Assert.Equal(["Consumption", "gpu"], environment["workloadProfiles"]!.AsArray().Select(profile => (string)profile!["name"]!));
        Assert.Equal("appInsights", (string)environment["openTelemetryConfiguration"]!["tracesConfiguration"]!["destinations"]![0]!);
        Assert.All(resources, resource => Assert.True(resource["tags"] is null || (string?)resource["tags"]!["azd-env-name"] == "test"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(200)]
    public async Task A_file_share_for_what_is_fetched_is_mounted_where_it_is_asked_for_and_reached_from_the_environment_alone(int size)
    {
        var resources = await Bicep.ResourcesAsync(
            "infra/main.bicep", ("environmentName", "'test'"), ("location", "'westeurope'"), ("cacheShareGiB", $"{size}"));
        JsonObject[] Of(string type) => [.. resources.Where(resource => (string)resource["type"]! == type)];
        Assert.Equal(size > 0 ? 1 : 0, Of("Microsoft.Network/virtualNetworks").Length);
        Assert.Empty(Of("Microsoft.Network/privateEndpoints"));
        var app = Assert.Single(await Bicep.AppsAsync("gpu", ("cacheShareGiB", $"{size}")));
        var template = app["properties"]!["template"]!;
        var cache = template["volumes"]!.AsArray().Single(volume => (string)volume!["name"]! == "cache")!;
        if (size == 0)
        {
            Assert.Equal("EmptyDir", (string)cache["storageType"]!);
            Assert.Empty(Of("Microsoft.Storage/storageAccounts/fileServices/shares"));
            return;
        }
        var mounted = Of("Microsoft.App/managedEnvironments/storages").Single();
        Assert.Equal("NfsAzureFile", (string)cache["storageType"]!);
        // The environment's part of the name is known to Azure alone.
        Assert.Contains((string)cache["storageName"]!, (string)mounted["name"]!, StringComparison.Ordinal);
        var account = Of("Microsoft.Storage/storageAccounts").Single(account => (string)account["kind"]! == "FileStorage")["properties"]!;
        Assert.Equal("Deny", (string)account["networkAcls"]!["defaultAction"]!);
        Assert.False((bool)account["allowSharedKeyAccess"]!);
        var size90 = template["containers"]![0]!["env"]!.AsArray().Single(item => (string)item!["name"]! == "TAGGING_CACHE_SIZE")!;
        Assert.Equal("180G", (string)size90["value"]!);
        Assert.Contains("10001:10001", template["initContainers"]![0]!["command"]!.AsArray().Select(word => (string)word!));
    }

    [Fact]
    public async Task Docker_compose_takes_the_file_and_refuses_to_start_without_a_token()
    {
        var version = await Repository.RunAsync("docker", null, "compose", "version");
        Assert.SkipWhen(version is null or { Code: not 0 }, "There is no docker with compose.");
        using var folder = new OrleansTagging.Commands.Tests.TemporaryFolder();
        var empty = folder["empty.env"];
        await File.WriteAllTextAsync(empty, "");
        string[] config = ["compose", "--env-file", empty, "--profile", "*", "-f", Repository.Path("compose.yaml"), "config", "--quiet"];
        var (code, _, error) = (await Repository.RunAsync(
            "docker", new Dictionary<string, string> { ["TAGGING_TOKEN"] = "a-token-of-16-or-more" }, config))!.Value;
        Assert.True(code == 0, error);
        (code, _, error) = (await Repository.RunAsync("docker", new Dictionary<string, string> { ["TAGGING_TOKEN"] = "" }, config))!.Value;
        Assert.NotEqual(0, code);
        Assert.Contains("copy .env.example to .env", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Compose_pins_its_images_runs_silos_without_rights_and_opens_this_machine_alone()
    {
        var services = Environments.Compose();
        foreach (var (name, service) in services)
        {
            var image = (string)service["image"];
            Assert.True(image.StartsWith("orleans-tagging:", StringComparison.Ordinal) || Pinned().IsMatch(image), $"{name}: {image} is not pinned.");
        }
        foreach (var name in (string[])["cpu", "gpu", "gpu-nvidia", "console"])
        {
            Assert.Equal("10001:10001", services[name]["user"]);
            Assert.Equal("true", services[name]["read_only"]);
            Assert.Equal(["ALL"], (List<object>)services[name]["cap_drop"]);
        }
        Assert.All(services.Values.Where(service => service.ContainsKey("ports")).SelectMany(service => (List<object>)service["ports"]),
            port => Assert.StartsWith("127.0.0.1:", (string)port, StringComparison.Ordinal));
        Assert.Equal(["gpu"], (List<object>)services["gpu-nvidia"]["profiles"]);
        // What the file wants of the user is in the example.
        Assert.All(Variables("compose.yaml"), name => Assert.Contains($"{name}=", Repository.Read(".env.example"), StringComparison.Ordinal));
        Assert.Contains(".env", Repository.Read(".gitignore").Split('\n'));
    }

    // With a default in the file.
    private static bool IsLeftToTheUser(string name) =>
        Identities.Any(service => Repository.Read($"infra/{service}.parameters.json").Contains($"${{{name}=", StringComparison.Ordinal));

    private static string[] Variables(string file) => [.. Variable().Matches(Repository.Read(file)).Select(match => match.Groups[1].Value).Distinct()];

    [GeneratedRegex(@"\$\{(\w+)")]
    private static partial Regex Variable();

    [GeneratedRegex(@":[0-9]+\.[0-9]+\.[0-9]+[\w.-]*$")]
    private static partial Regex Pinned();
}
