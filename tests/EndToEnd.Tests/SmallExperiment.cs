using OrleansTagging.Commands;
using OrleansTagging.Commands.Tests;

namespace OrleansTagging.EndToEnd.Tests;

/// <summary>A small synthetic dataset, and the experiment <c>experiments/small.yaml</c> on stores of its own.</summary>
public sealed class SmallExperiment : IAsyncLifetime
{
    private const string Scale = "0.1";

    private readonly TemporaryFolder _folder = new();
    private bool _hasRun;

    /// <summary>The experiment's file.</summary>
    public static string File => Path.Combine(AppContext.BaseDirectory, "experiments", "small.yaml");

    /// <summary>The folder in which everything happens.</summary>
    public string Root => _folder.Root;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync() =>
        Succeeded(await TaggingProcess.RunAsync(Root, "dataset", "synth", "--out", "dataset", "--seed", "3", "--scale", Scale));

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>The experiment undisturbed, on <c>store-a</c> to <c>out-a</c>; once for all tests, which run one after another.</summary>
    public async Task WholeRunAsync()
    {
        if (!_hasRun)
        {
            await ImportAsync("store-a");
            await RunAsync("store-a", "out-a");
            _hasRun = true;
        }
    }

    /// <summary>Imports the dataset into a store.</summary>
    public async Task ImportAsync(string store) =>
        Succeeded(await TaggingProcess.RunAsync(Root, "dataset", "import", "dataset", "--name", "synthetic", "--store", store));

    /// <summary>Runs the experiment on a store to its end and gives what it said on standard error.</summary>
    public async Task<string> RunAsync(string store, string results, IReadOnlyDictionary<string, string>? environment = null)
    {
        var run = await TaggingProcess.RunAsync(Root, environment, "run", File, "--store", store, "--out", results);
        Succeeded(run);
        return run.Error;
    }

    /// <summary>Starts the experiment on a store.</summary>
    public TaggingProcess Start(string store, string results) =>
        TaggingProcess.Start(Root, environment: null, "run", File, "--store", store, "--out", results);

    /// <summary>The bytes of a result.</summary>
    public byte[] Read(string results, string file) => System.IO.File.ReadAllBytes(Path.Combine(Root, results, file));

    /// <summary>Asserts that a run ended well.</summary>
    public static void Succeeded((int Code, string Out, string Error) run) =>
        Assert.True(run.Code == ExitCode.Success, $"exit code {run.Code}: {run.Error}");
}
