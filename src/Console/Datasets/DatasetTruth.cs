using OrleansTagging.Audio;
using OrleansTagging.Labels;
using OrleansTagging.Storage;

namespace OrleansTagging.Commands.Datasets;

/// <summary>
/// The true labels that came with a dataset, as one artifact (<c>fname,labels</c>, with <c>usage</c> where it is known): those of
/// <c>truth.csv</c>, and those of FSDKaggle2019's <c>test_post_competition.csv</c>, which hold where both have a clip.
/// </summary>
internal static class DatasetTruth
{
    public const string FileName = "truth.csv";

    /// <summary>Stores the truth; <c>null</c> where none came with the dataset.</summary>
    /// <param name="artifacts">Where it is kept.</param>
    /// <param name="report">The import.</param>
    /// <param name="source">The folder that was imported.</param>
    /// <param name="scratch">A folder of the import's own.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="InputException"><c>truth.csv</c> is no label file of the dataset's classes.</exception>
    public static async Task<string?> StoreAsync(
        IArtifactStore artifacts, ImportReport report, string source, string scratch, CancellationToken cancellationToken)
    {
        var path = Path.Combine(source, FileName);
        var truth = File.Exists(path) ? LabelTable.Read(path, new ClassMap(report.Facts.Classes)) : null;
        if (report.TestTruth is not { } test)
        {
            return truth is null ? null : await artifacts.PutFileAsync(path, "csv", cancellationToken);
        }
        var merged = Path.Combine(scratch, FileName);
        test.Write(merged, truth?.Clips ?? []);
        return await artifacts.MoveFileAsync(merged, "csv", cancellationToken);
    }
}
