using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json.Nodes;
using OrleansTagging.Commands.Tests;

namespace OrleansTagging.Infra.Tests;

/// <summary>The Bicep compiler, as it comes from NuGet for the tests.</summary>
internal static class Bicep
{
    /// <summary>What an id of Azure looks like.</summary>
    public const string SomeId = "00000000-0000-4000-8000-000000000001";

    private static readonly Lazy<string?> Compiler = new(() =>
        typeof(Bicep).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().SingleOrDefault(fact => fact.Key == "Bicep")?.Value);

    private static readonly ConcurrentDictionary<string, Task<JsonObject[]>> Apps = new();

    private static readonly ConcurrentDictionary<string, Task<(int Code, string Out, string Error)>> Compiled = new();

    private static string Program =>
        Compiler.Value is { } program && File.Exists(program) && OperatingSystem.IsLinux()
        && System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.X64
            ? program
            : throw Xunit.Sdk.SkipException.ForSkip("The Bicep compiler of the tests is for Linux on x64.");

    /// <summary>Runs the compiler.</summary>
    public static async Task<(int Code, string Out, string Error)> RunAsync(params string[] arguments) =>
        (await Repository.RunAsync(Program, null, arguments))!.Value;

    /// <summary>The ARM template that a Bicep file becomes.</summary>
    public static async Task<JsonNode> BuildAsync(string file)
    {
        var (code, template, error) = await CompileAsync(file);
        Assert.True(code == 0, error);
        return JsonNode.Parse(template)!;
    }

    /// <summary>What the compiler makes of a file, and says of it; asked once.</summary>
    public static Task<(int Code, string Out, string Error)> CompileAsync(string file) =>
        Compiled.GetOrAdd(file, _ => RunAsync("build", Repository.Path(file), "--stdout"));

    /// <summary>The resources that a Bicep file would make with these parameters, as far as that can be said without Azure.</summary>
    public static async Task<JsonObject[]> ResourcesAsync(string file, params (string Name, string Value)[] parameters)
    {
        using var folder = new TemporaryFolder();
        var given = folder["given.bicepparam"];
        var lines = parameters.Select(parameter => $"param {parameter.Name} = {parameter.Value}");
        await File.WriteAllLinesAsync(given, [$"using '{Path.GetRelativePath(folder.Root, Repository.Path(file))}'", .. lines]);
        string[] place = file.EndsWith("main.bicep", StringComparison.Ordinal) ? [] : ["--resource-group", "rg-test"];
        var (code, _, error) = await RunAsync([
            "snapshot", given, "--mode", "overwrite", "--subscription-id", SomeId, "--tenant-id", SomeId, "--location", "westeurope", .. place]);
        Assert.True(code == 0, error);
        var snapshot = JsonNode.Parse(await File.ReadAllTextAsync(folder["given.snapshot.json"]))!;
        return [.. snapshot["predictedResources"]!.AsArray().Select(resource => resource!.AsObject())];
    }

    /// <summary>The apps that a service's file would make.</summary>
    public static Task<JsonObject[]> AppsAsync(string service, params (string Name, string Value)[] more) =>
        // Asked for by several tests, and seconds each time.
        Apps.GetOrAdd($"{service} {string.Join(' ', more)}", _ => FindAppsAsync(service, more));

    private static Task<JsonObject[]> FindAppsAsync(string service, (string Name, string Value)[] more) => ResourcesAsync(
        $"infra/{service}.bicep",
        [
            ("environmentName", "'test'"), ("location", "'westeurope'"), ("imageName", "'test.example/silo:1'"),
            ("containerAppsEnvironment", "'cae-test'"), ("registryServer", "'test.example'"), ("identityName", $"'id-{service}-test'"),
            ("storageAccount", "'sttest'"), ("signInClientId", $"'{SomeId}'"), .. more,
        ]);
}
