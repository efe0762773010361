using System.Security.Cryptography;

namespace OrleansTagging.Storage.Tests;

/// <summary>What every checkpoint store does.</summary>
public abstract class CheckpointStoreContract : IDisposable
{
    protected const string Job = "cpu-0123456789abcdef";

    private readonly TemporaryFolder _folder = new();

    protected string Root => _folder.Root;

    /// <summary>The store under test; every call opens it anew.</summary>
    protected abstract ICheckpointStore Open();

    /// <summary>Spoils the stored bytes of a checkpoint.</summary>
    protected abstract Task DamageAsync(long number);

    public void Dispose()
    {
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task The_last_two_checkpoints_are_kept_and_read_back_newest_first()
    {
        Assert.Empty(await Open().ListAsync(Job));
        for (var number = 8; number < 13; number++)
        {
            await Open().WriteAsync(Job, number, Content(number));
        }
        Assert.Equal([12, 11], await Open().ListAsync(Job));
        Assert.Equal(Content(12), await Open().ReadAsync(Job, 12));
        Assert.Equal(Content(11), await Open().ReadAsync(Job, 11));
        Assert.Null(await Open().ReadAsync(Job, 10));
    }

    [Fact]
    public async Task A_checkpoint_of_the_same_number_is_replaced_and_a_late_one_of_a_lower_number_changes_nothing()
    {
        var store = Open();
        await store.WriteAsync(Job, 5, Content(1));
        await store.WriteAsync(Job, 5, Content(2));
        await store.WriteAsync(Job, 6, Content(3));
        await store.WriteAsync(Job, 4, Content(4));
        Assert.Equal([6, 5], await store.ListAsync(Job));
        Assert.Equal(Content(2), await store.ReadAsync(Job, 5));
    }

    [Fact]
    public async Task Jobs_keep_their_checkpoints_apart_and_those_of_one_are_removed_together()
    {
        var store = Open();
        await store.WriteAsync(Job, 1, Content(1));
        await store.WriteAsync(Job, 2, Content(2));
        await store.WriteAsync("cuda-0123", 1, Content(3));
        await store.WriteAsync("../Up", 1, Content(4));
        Assert.Equal(["../Up", Job, "cuda-0123"], (await JobsAsync(store)).Order(StringComparer.Ordinal));
        await store.RemoveAsync(Job);
        await store.RemoveAsync("never was");
        Assert.Empty(await store.ListAsync(Job));
        Assert.Null(await store.ReadAsync(Job, 2));
        Assert.Equal(Content(3), await store.ReadAsync("cuda-0123", 1));
        Assert.Equal(2, (await JobsAsync(Open())).Count);
    }

    [Fact]
    public async Task A_damaged_checkpoint_is_told_from_a_whole_one()
    {
        var store = Open();
        await store.WriteAsync(Job, 1, Content(1));
        await store.WriteAsync(Job, 2, Content(2));
        await DamageAsync(2);
        var fault = await Assert.ThrowsAsync<CheckpointDamagedException>(() => Open().ReadAsync(Job, 2));
        Assert.DoesNotContain('\n', fault.Message);
        Assert.Equal(Content(1), await Open().ReadAsync(Job, 1));
    }

    [Fact]
    public async Task An_empty_and_a_large_checkpoint_are_stored_whole()
    {
        var large = RandomNumberGenerator.GetBytes(20_000_001);
        await Open().WriteAsync(Job, 1, ReadOnlyMemory<byte>.Empty);
        await Open().WriteAsync(Job, 2, large);
        Assert.Empty((await Open().ReadAsync(Job, 1))!);
        Assert.Equal(large, await Open().ReadAsync(Job, 2));
    }

    protected static byte[] Content(int number) => WriterProcess.Numbered(number, 10_000);

    private static async Task<List<string>> JobsAsync(ICheckpointStore store)
    {
        var jobs = new List<string>();
        await foreach (var job in store.ListJobsAsync())
        {
            jobs.Add(job);
        }
        return jobs;
    }
}
