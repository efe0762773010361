using System.CommandLine.Completions;
using OrleansTagging.Grains.Reading;
using OrleansTagging.Labels;
using OrleansTagging.Recipe;
using OrleansTagging.Storage;

namespace OrleansTagging.Commands.Options;

/// <summary>Names that a store knows, for a shell to complete.</summary>
internal static class StoredNames
{
    /// <summary>The experiments.</summary>
    public static IEnumerable<CompletionItem> Experiments(CompletionContext context) =>
        Of(context, store => StoredExperiment.NamesAsync(store, CancellationToken.None));

    /// <summary>The datasets.</summary>
    public static IEnumerable<CompletionItem> Datasets(CompletionContext context) =>
        Of(context, store => StoredExperiment.DatasetsAsync(store, CancellationToken.None));

    /// <summary>Parts of the experiments: <c>demo/main</c>.</summary>
    /// <param name="partsOf">Names of the parts that an experiment's file has.</param>
    public static Func<CompletionContext, IEnumerable<CompletionItem>> Parts(Func<ExperimentFile, IEnumerable<string>> partsOf) =>
        context => Of(context, async store =>
        {
            var names = new List<string>();
            foreach (var experiment in await StoredExperiment.NamesAsync(store, CancellationToken.None))
            {
                if (await StoredExperiment.ReadAsync(store, experiment, CancellationToken.None) is { } stored)
                {
                    names.AddRange(partsOf(stored.File).Select(part => $"{experiment}/{part}"));
                }
            }
            return [.. names];
        });

    // A completion has no way to say what is wrong, and must not make a store.
    private static CompletionItem[] Of(CompletionContext context, Func<Store, Task<string[]>> read)
    {
        try
        {
            var names = read(StoreOption.OpenExisting(context.ParseResult)).GetAwaiter().GetResult();
            return Array.ConvertAll(names, name => new CompletionItem(name));
        }
        catch (Exception fault) when (fault is InputException or StoreLocationException or IOException or UnauthorizedAccessException
            or InvalidOperationException)
        {
            return [];
        }
    }
}
