namespace OrleansTagging.Benchmarks;

/// <summary>What it costs to follow the jobs of a cluster; the measurement on Orleans stands beside this file.</summary>
internal static class LiveBenchmark
{
    /// <summary>Says why nothing is measured.</summary>
    /// <returns><c>true</c>: there is nothing that does not hold.</returns>
    public static Task<bool> RunAsync()
    {
        Console.WriteLine("This build hosts its grains in one process, so that there is no cluster to follow; nothing is measured.");
        return Task.FromResult(true);
    }
}
