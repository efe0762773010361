using OrleansTagging.Abstractions;
using OrleansTagging.Grains.Tests;
using OrleansTagging.Storage;

namespace OrleansTagging.Benchmarks;

/// <summary>
/// A dataset of FSDKaggle2019's 80 classes, and the scripted Trainer for it, whose predictions have the size of real ones.
/// </summary>
internal static class LargeDataset
{
    /// <summary>Number of classes.</summary>
    public const int Classes = 80;

    /// <summary>Path of the scripted Trainer.</summary>
    public static string Trainer => Built("ScriptedTrainer", "OrleansTagging.ScriptedTrainer.dll");

    /// <summary>Puts the clips into a store.</summary>
    public static Task<DatasetRecord> PutAsync(Store store, int curated, int noisy, int test) => SyntheticClips.PutAsync(
        store, curated, noisy, test, truth: false, classes: [.. Enumerable.Range(0, Classes).Select(number => $"Class{number:00}")]);

    /// <summary>Path of a program that was built beside this one.</summary>
    public static string Built(string project, string file)
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        return Path.Combine(own.Parent!.Parent!.FullName, project, own.Name, file);
    }
}
