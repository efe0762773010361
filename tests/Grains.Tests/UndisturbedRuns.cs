using OrleansTagging.Abstractions;
using OrleansTagging.Grains.Tests;

[assembly: AssemblyFixture(typeof(UndisturbedRuns))]

namespace OrleansTagging.Grains.Tests;

/// <summary>Runs that nothing disturbs, made once for all tests: what they look into, and what disturbed runs must come to.</summary>
public sealed class UndisturbedRuns : IAsyncDisposable
{
    private readonly Lazy<Task<UndisturbedRun>> _twoRounds = new(() => UndisturbedRun.OfAsync(TestBed.Yaml("demo")));
    private readonly Lazy<Task<UndisturbedRun>> _oneRound = new(() => UndisturbedRun.OfAsync(TestBed.Yaml("demo", rounds: "5")));

    private readonly Lazy<Task<UndisturbedRun>> _wholeRecipe = new(() => UndisturbedRun.OfAsync(WholeRecipe.Yaml));

    /// <summary>Every part of the recipe that grains have a hand in.</summary>
    internal Task<UndisturbedRun> WholeRecipeRun => _wholeRecipe.Value;

    /// <summary>Rounds of 10 and 20 clips.</summary>
    internal Task<UndisturbedRun> TwoRounds => _twoRounds.Value;

    /// <summary>One round of 5 clips.</summary>
    internal Task<UndisturbedRun> OneRound => _oneRound.Value;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var run in new[] { _twoRounds, _oneRound, _wholeRecipe }.Where(run => run is { IsValueCreated: true, Value.IsCompletedSuccessfully: true }))
        {
            await (await run.Value).Bed.DisposeAsync();
        }
    }
}

/// <summary>A run on one silo, which lives on so that its grains can be asked.</summary>
internal sealed record UndisturbedRun(TestBed Bed, DatasetRecord Dataset, ExperimentProgress Progress)
{
    public string? Report => Progress.Report;

    public string? Submission => Progress.Submission;

    public static async Task<UndisturbedRun> OfAsync(string yaml)
    {
        var bed = new TestBed();
        await bed.AddSiloAsync();
        var dataset = await bed.ImportAsync();
        var progress = await bed.RunAsync(yaml);
        Assert.Equal(ExperimentStatus.Done, progress.Status);
        return new UndisturbedRun(bed, dataset, progress);
    }
}
