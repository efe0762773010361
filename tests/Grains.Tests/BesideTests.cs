using Orleans;
using OrleansTagging.Abstractions;

namespace OrleansTagging.Grains.Tests;

/// <summary>A console that reaches a cluster's store but not the cluster hosts grains on it for a moment.</summary>
public sealed class BesideTests
{
    [Fact]
    public async Task A_dataset_that_is_registered_beside_the_cluster_is_there_for_it_and_its_leases_are_let_alone()
    {
        await using var bed = new TestBed();
        await bed.AddSiloAsync();
        await bed.ImportAsync();
        bed.Script("wait train");
        await bed.SubmitAsync(TestBed.Yaml("demo"));
        var busy = await bed.UntilAsync(record => record.Leases.Length == 2);
        var late = await SyntheticClips.PutAsync(bed.Store, name: "late");
        Assert.Null(await bed.Grains.GetGrain<IDatasetGrain>("late").Describe());

        await using (var beside = new TestSilos())
        {
            await beside.AddAsync(silo => silo.AddTagging(
                bed.Store, options => (options.CpuSlots, options.CudaDevices, options.Announces) = (0, [], false)));
            Assert.Null(await beside.Grains.GetGrain<IDatasetGrain>("late").Register(late));
        }

        Assert.Equal(late.Version, (await bed.Grains.GetGrain<IDatasetGrain>("late").Describe())?.Version);
        var still = await bed.Scheduler.Describe();
        Assert.Equal(busy.Leases.Select(lease => lease.Epoch), still.Leases.Select(lease => lease.Epoch));
    }
}
