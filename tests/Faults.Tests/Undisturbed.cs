namespace OrleansTagging.Faults.Tests;

/// <summary>What a run comes to that nothing disturbs, and the most writes that one had.</summary>
internal sealed record Undisturbed(ExperimentEnd End, int States, int Artifacts)
{
    // Writes of the scheduler that fall together are one, so that their number differs from run to run.
    private const int Runs = 3;

    private static readonly Lazy<Task<Undisturbed>> s_value = new(RunAsync);

    /// <summary>The same for all tests.</summary>
    public static Task<Undisturbed> Value => s_value.Value;

    private static async Task<Undisturbed> RunAsync()
    {
        Undisturbed? longest = null;
        for (var run = 0; run < Runs; run++)
        {
            var life = new ProcessLife();
            var end = (await new Installation().LiveAsync(life))!;
            longest?.End.Compare(end);
            longest = new Undisturbed(
                end,
                Math.Max(longest?.States ?? 0, life.Writes(WriteKind.State)),
                Math.Max(longest?.Artifacts ?? 0, life.Writes(WriteKind.Artifact)));
        }
        return longest!;
    }
}
