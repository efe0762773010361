using OrleansTagging.Abstractions;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains.Tests;

/// <summary>Copies of a store that an experiment is running on: from each of them it goes on to the same bytes.</summary>
public sealed class BackupTests(UndisturbedRuns runs) : IDisposable
{
    private const int Continued = 2;

    private readonly string _folder = Directory.CreateTempSubdirectory("backups-").FullName;

    public void Dispose()
    {
        try
        {
            Directory.Delete(_folder, recursive: true);
        }
        catch (IOException)
        {
            // A Trainer on its way out may still write its log.
        }
    }

    [Fact]
    public async Task From_a_copy_of_any_instant_of_a_run_it_goes_on_to_the_same_report()
    {
        var undisturbed = await runs.TwoRounds;
        var copies = new List<(Store Store, int Done, int Total)>();
        var bed = new TestBed();
        await using (bed)
        {
            await bed.AddSiloAsync();
            await bed.ImportAsync();
            Assert.Null((await bed.SubmitAsync(TestBed.Yaml("demo"))).Problem);
            var experiment = bed.Grains.GetGrain<IExperimentGrain>("demo");
            while (await experiment.GetProgress() is { Status: ExperimentStatus.Running } progress)
            {
                var copy = Store.Open(Path.Combine(_folder, $"{copies.Count}"));
                await new StoreCopy(bed.Store, copy, new StoreCopyOptions()).RunAsync(TestContext.Current.CancellationToken);
                copies.Add((copy, progress.JobsDone, progress.JobsTotal));
                await Task.Delay(30, TestContext.Current.CancellationToken);
            }
        }
        // The store is gone with its bed; what is restored below is another one.
        TestContext.Current.SendDiagnosticMessage(
            "{0} copies, after {1} of {2} jobs", copies.Count, string.Join(", ", copies.Select(copy => copy.Done)), copies[0].Total);

        // From among all of them some that are far apart.
        foreach (var (backup, done, total) in Enumerable.Range(0, Continued).Select(at => copies[(2 * at + 1) * copies.Count / (2 * Continued)]))
        {
            await using var restored = new TestBed();
            await new StoreCopy(backup, restored.Store, new StoreCopyOptions { Verify = true })
                .RunAsync(TestContext.Current.CancellationToken);
            Assert.True((await StoreVerification.OfAsync(restored.Store)).IsSound);
            await restored.AddSiloAsync(options => options.Alone = true);
            // Nobody submits it again: a silo that starts wakes what it finds unfinished, instead of leaving that to the next reminder.
            await restored.Grains.GetGrain<IExperimentGrain>("demo").Wake();
            var end = await restored.UntilAsync("demo", progress => progress.Status != ExperimentStatus.Running);
            Assert.True(
                (ExperimentStatus.Done, undisturbed.Report, undisturbed.Submission) == (end.Status, end.Report, end.Submission),
                $"from a copy after {done} of {total} jobs: {end.Status}, {end.Problem}");
            Assert.Equal(
                await undisturbed.Bed.ReadAsync(undisturbed.Report), await restored.ReadAsync(end.Report));
            Assert.True((await StoreVerification.OfAsync(restored.Store)).IsSound);
            // What was done when the copy was taken is not done again.
            Assert.InRange(restored.TrainerLog().Length, 0, total - done);
        }
    }
}
