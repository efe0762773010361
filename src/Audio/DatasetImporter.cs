using OrleansTagging.Labels;

namespace OrleansTagging.Audio;

/// <summary>
/// Imports a folder in FSDKaggle2019's layout: <c>train_curated.csv</c>, <c>train_noisy.csv</c>, <c>sample_submission.csv</c> (whose header
/// gives the classes and whose rows the test clips), <c>train_curated/</c>, <c>train_noisy/</c>, <c>test/</c>, and
/// <c>test_post_competition.csv</c> where it is there; or in the layout of its published archive (<c>FSDKaggle2019.meta/</c> and three
/// folders of audio). Every clip is checked, decoded and streamed into a packed dataset; no more than a few clips are in memory at a time.
/// </summary>
public sealed class DatasetImporter
{
    private const int NamedInAnError = 5;

    private readonly ImportOptions _options;
    private readonly IProgress<ImportProgress>? _progress;

    /// <summary>Makes an importer.</summary>
    /// <exception cref="InputException">The wanted rate is none of audio.</exception>
    public DatasetImporter(ImportOptions options, IProgress<ImportProgress>? progress = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.Threads, nameof(options));
        if (options.Rate is < AudioFile.LowestRate or > AudioFile.HighestRate)
        {
            throw new InputException(
                $"A rate of {options.Rate} Hz is not possible; it is from {AudioFile.LowestRate} to {AudioFile.HighestRate} Hz.");
        }
        (_options, _progress) = (options, progress);
    }

    /// <summary>Imports a folder.</summary>
    /// <param name="source">The folder in FSDKaggle2019's layout.</param>
    /// <param name="target">The folder of the packed dataset: absent or empty, or, where the import is to go on
    /// (<see cref="ImportOptions.Resumes"/>), what one before it left. Nothing that looks whole is in it before the end.</param>
    /// <param name="cancellation">Ends the import and removes what was written, unless another is to go on from it.</param>
    /// <exception cref="InputException">A folder or CSV is missing; a CSV is malformed, has an unknown label, a clip twice, or a clip whose
    /// file is missing; no clip can be used; or, when strict, one clip cannot.</exception>
    public async Task<ImportReport> ImportAsync(string source, string target, CancellationToken cancellation)
    {
        if (!_options.Resumes)
        {
            DatasetPacker.RequireVacant(target);
        }
        var layout = DatasetLayout.Of(source);
        var (classes, clips) = ReadTables(source, layout);
        var truth = ReadTestTruth(source, layout, classes, clips);
        var unlisted = CompareWithFolders(source, layout, clips);
        var rates = await CountRatesAsync(clips, cancellation).ConfigureAwait(false);
        if (rates.Count == 0 && clips.Count == 0)
        {
            throw new InputException($"{source}: the CSV files list no clip.");
        }
        var rate = _options.Rate ?? (rates.Count == 0 ? AudioFile.LowestRate : rates.MaxBy(pair => (pair.Value, -pair.Key)).Key);

        if (_options.Resumes)
        {
            Directory.CreateDirectory(target);
        }
        using var journal = _options.Resumes ? ImportJournal.Open(target, rate, _options) : null;
        if (journal is not null)
        {
            await KeepUnchangedAsync(journal, clips, cancellation).ConfigureAwait(false);
            var labels = clips.ConvertAll(clip => clip.Labels);
            if (_options.AudioIsTaken && journal.Entries.Count == clips.Count
                && DatasetPacker.WholeBut(target, rate, classes, journal, labels) is { } whole)
            {
                return new ImportReport { Facts = whole, TestTruth = truth, Unlisted = unlisted, FileRates = rates };
            }
        }
        using var packer = journal is null
            ? new DatasetPacker(target, rate, classes)
            : DatasetPacker.Continue(target, rate, classes, journal, clips.ConvertAll(clip => clip.Labels));
        var leftOut = await PackAsync(packer, clips, journal?.Entries.ToArray() ?? [], rate, cancellation).ConfigureAwait(false);
        // That a clip is known to be bad says nothing against this copy of the dataset.
        var unusable = leftOut.Where(clip => clip.Kind != ClipDefectKind.KnownBad).ToList();
        if (leftOut.Count == clips.Count || (_options.Strict && unusable.Count > 0))
        {
            throw new InputException(Refusal(source, leftOut.Count == clips.Count ? leftOut : unusable, clips.Count));
        }
        var facts = packer.Complete(leftOut);
        return new ImportReport { Facts = facts, TestTruth = truth, Unlisted = unlisted, FileRates = rates };
    }

    private static (ClassMap Classes, List<ListedClip> Clips) ReadTables(string source, DatasetLayout layout)
    {
        var (classes, testClips) = ReadClassesAndTest(source, layout);
        var clips = new List<ListedClip>();
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        void Add(string csv, string folder, ClipSubset subset, IEnumerable<LabelledClip> listed)
        {
            var csvPath = Path.Combine(source, csv);
            foreach (var (fileName, labels) in listed.OrderBy(clip => clip.FileName, StringComparer.Ordinal))
            {
                if (fileName.AsSpan().IndexOfAny("/\\") >= 0 || fileName is "." or "..")
                {
                    throw new InputException($"{csvPath}: '{fileName}' is not the name of a file in {folder}.");
                }
                if (!seen.TryAdd(fileName, csv))
                {
                    throw new InputException($"{csvPath}: duplicate clip '{fileName}'; {seen[fileName]} lists it too.");
                }
                clips.Add(new ListedClip(fileName, subset, labels, csvPath, Path.Combine(source, folder)));
            }
        }

        Add(layout.CuratedTable, layout.CuratedFolder, ClipSubset.Curated,
            LabelTable.Read(Path.Combine(source, layout.CuratedTable), classes).Clips);
        Add(layout.NoisyTable, layout.NoisyFolder, ClipSubset.Noisy,
            LabelTable.Read(Path.Combine(source, layout.NoisyTable), classes).Clips);
        Add(layout.TestTable, layout.TestFolder, ClipSubset.Test, testClips.Select(name => new LabelledClip(name, [])));
        return (classes, clips);
    }

    private static (ClassMap Classes, IEnumerable<string> TestClips) ReadClassesAndTest(string source, DatasetLayout layout)
    {
        var test = Path.Combine(source, layout.TestTable);
        if (layout.Vocabulary is { } vocabulary)
        {
            var classes = ClassMap.FromVocabulary(Path.Combine(source, vocabulary));
            return (classes, LabelTable.Read(test, classes).Clips.Select(clip => clip.FileName));
        }
        var submission = PredictionTable.Read(test, expected: null);
        return (submission.Classes, submission.FileNames);
    }

    /// <summary>The truth of the test clips, where the folder has it; then it must have that of every one.</summary>
    private static TestTruth? ReadTestTruth(string source, DatasetLayout layout, ClassMap classes, List<ListedClip> clips)
    {
        var path = Path.Combine(source, layout.TestTruth);
        if (!File.Exists(path))
        {
            return null;
        }
        var truth = TestTruth.Read(path, classes);
        var missing = clips.Where(clip => clip.Subset == ClipSubset.Test && !truth.TryGetUsage(clip.FileName, out _)).ToList();
        if (missing.Count > 0)
        {
            var more = missing.Count > 1 ? $" (and {missing.Count - 1} more)" : "";
            throw new InputException($"{path}: the test clip '{missing[0].FileName}'{more} of {layout.TestTable} is missing here.");
        }
        return truth;
    }

    /// <summary>Every listed clip must have its file; returns the files of the training folders that nothing lists.</summary>
    private static List<string> CompareWithFolders(string source, DatasetLayout layout, List<ListedClip> clips)
    {
        var unlisted = new List<string>();
        foreach (var (folderName, subset) in new[]
        {
            (layout.CuratedFolder, ClipSubset.Curated), (layout.NoisyFolder, ClipSubset.Noisy), (layout.TestFolder, ClipSubset.Test),
        })
        {
            var folder = Path.Combine(source, folderName);
            if (!Directory.Exists(folder))
            {
                throw new InputException($"{folder}: there is no such folder.");
            }
            var present = Directory.EnumerateFiles(folder).Select(path => Path.GetFileName(path)).ToHashSet(StringComparer.Ordinal);
            var listed = clips.Where(clip => clip.Subset == subset).ToList();
            var missing = listed.Where(clip => !present.Remove(clip.FileName)).ToList();
            if (missing.Count > 0)
            {
                var more = missing.Count > 1 ? $" (and {missing.Count - 1} more)" : "";
                throw new InputException($"{missing[0].CsvPath}: missing clip '{missing[0].FileName}'{more}: no such file in {folder}.");
            }
            if (subset != ClipSubset.Test)
            {
                unlisted.AddRange(present.Order(StringComparer.Ordinal).Select(name => $"{folderName}/{name}"));
            }
        }
        return unlisted;
    }

    private async Task<SortedDictionary<int, int>> CountRatesAsync(List<ListedClip> clips, CancellationToken cancellation)
    {
        var rates = new int?[clips.Count];
        await Parallel.ForAsync(
            0, clips.Count, new ParallelOptions { MaxDegreeOfParallelism = _options.Threads, CancellationToken = cancellation },
            (at, _) =>
            {
                rates[at] = AudioFile.TryReadRate(clips[at].Path);
                return ValueTask.CompletedTask;
            }).ConfigureAwait(false);
        return new SortedDictionary<int, int>(
            rates.OfType<int>().GroupBy(rate => rate).ToDictionary(group => group.Key, group => group.Count()));
    }

    /// <summary>Keeps of a journal the first clips, as far as they are listed now and their files are what they were.</summary>
    private async Task KeepUnchangedAsync(ImportJournal journal, List<ListedClip> clips, CancellationToken cancellation)
    {
        var some = Math.Min(journal.Entries.Count, clips.Count);
        var same = new bool[some];
        await Parallel.ForAsync(
            0, some, new ParallelOptions { MaxDegreeOfParallelism = _options.Threads, CancellationToken = cancellation },
            (at, _) =>
            {
                var (entry, clip) = (journal.Entries[at], clips[at]);
                same[at] = (entry.FileName, entry.Subset) == (clip.FileName, clip.Subset)
                    && entry.Source == ImportJournal.HashOf(clip.Path);
                return ValueTask.CompletedTask;
            }).ConfigureAwait(false);
        var changed = Array.IndexOf(same, false);
        journal.Keep(changed < 0 ? some : changed);
    }

    /// <summary>Decodes ahead on several threads and packs in order, from the first clip that is not kept.</summary>
    private async Task<List<LeftOutClip>> PackAsync(
        DatasetPacker packer, List<ListedClip> clips, JournalEntry[] kept, int rate, CancellationToken cancellation)
    {
        var leftOut = kept.Where(entry => entry.Defect is not null)
            .Select(entry => new LeftOutClip(entry.FileName, entry.Subset, entry.Defect!.Kind, entry.Defect.Reason)).ToList();
        var ahead = new Queue<Task<(AudioClip? Clip, ClipDefect? Defect, string Source)>>();
        var started = kept.Length;
        if (kept.Length > 0)
        {
            _progress?.Report(new ImportProgress(kept.Length, clips.Count, leftOut.Count, kept.Length));
        }
        try
        {
            for (var done = kept.Length; done < clips.Count; done++)
            {
                cancellation.ThrowIfCancellationRequested();
                while (started < clips.Count && ahead.Count < _options.Threads + 1)
                {
                    var next = clips[started++];
                    ahead.Enqueue(Task.Run(() => Check(next, rate), cancellation));
                }
                var (audio, defect, source) = await ahead.Dequeue().ConfigureAwait(false);
                var clip = clips[done];
                if (audio is not null)
                {
                    packer.Append(clip.FileName, clip.Subset, audio.Samples, clip.Labels, source);
                }
                else
                {
                    packer.LeaveOut(clip.FileName, clip.Subset, defect!, source);
                    leftOut.Add(new LeftOutClip(clip.FileName, clip.Subset, defect!.Kind, defect.Reason));
                }
                _progress?.Report(new ImportProgress(done + 1, clips.Count, leftOut.Count, kept.Length));
            }
        }
        finally
        {
            // Nobody may still be reading the files when the caller hears of the end.
            await ((Task)Task.WhenAll(ahead)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        return leftOut;
    }

    private (AudioClip? Clip, ClipDefect? Defect, string Source) Check(ListedClip listed, int rate)
    {
        var source = _options.Resumes ? ImportJournal.HashOf(listed.Path) : "";
        if (!_options.KeepKnownBad && KnownDefects.Of(listed.FileName, listed.Subset) is { } known)
        {
            return (null, known, source);
        }
        if (!AudioFile.TryDecode(listed.Path, rate, out var clip, out var defect))
        {
            return (null, defect, source);
        }
        return clip.IsSilent ? (null, new(ClipDefectKind.Silent, "silent: no sample is above -100 dB"), source) : (clip, null, source);
    }

    private string Refusal(string source, List<LeftOutClip> leftOut, int total)
    {
        var named = string.Join(", ", leftOut.Take(NamedInAnError).Select(clip => $"{clip.FileName} ({clip.Reason})"));
        var more = leftOut.Count > NamedInAnError ? ", …" : "";
        return $"{source}: {leftOut.Count} of {total} clips cannot be used: {named}{more}.";
    }

    private sealed record ListedClip(string FileName, ClipSubset Subset, int[] Labels, string CsvPath, string Folder)
    {
        public string Path => System.IO.Path.Combine(Folder, FileName);
    }
}
