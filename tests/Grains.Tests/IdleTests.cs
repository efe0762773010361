using Orleans.Configuration;
using Orleans.Hosting;
using OrleansTagging.Abstractions;

namespace OrleansTagging.Grains.Tests;

/// <summary>Orleans ends activations that nobody calls.</summary>
public sealed class IdleTests
{
    private static readonly TimeSpan s_collectedAfter = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task A_grain_whose_Trainer_works_is_not_collected_however_long_nobody_calls_it()
    {
        await using var bed = new TestBed();
        bed.Script("wait train");
        // Its lease is renewed seldom, so that nothing but its own wish to stay keeps it.
        await bed.AddSiloAsync(
            options => (options.Heartbeat, options.Silence) = (TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(30)),
            configureSilo: silo => silo.Configure<GrainCollectionOptions>(options =>
                (options.CollectionQuantum, options.CollectionAge) = (TimeSpan.FromSeconds(1), s_collectedAfter)));
        var job = await bed.AskAsync();
        await bed.UntilJobAsync(job, record => record.Status == JobStatus.Running);

        await Task.Delay(4 * s_collectedAfter, TestContext.Current.CancellationToken);

        Assert.Equal(JobStatus.Running, (await bed.Grains.GetGrain<ITrainingGrain>(job).Describe())!.Status);
        Assert.Single(bed.TrainerLog());
    }
}
