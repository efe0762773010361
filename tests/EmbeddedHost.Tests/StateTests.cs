using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Orleans.Storage;

namespace OrleansTagging.EmbeddedHost.Tests;

public sealed class StateTests
{
    [Fact]
    public async Task State_outlives_its_activation()
    {
        await using var cluster = await Clusters.StartAsync(silos: 2);
        var account = cluster.Client.GetGrain<IAccountGrain>("a");
        await account.Deposit(3);
        var silo = cluster.WhereIs(account)!;
        await cluster.SiloAt(silo).KillAsync();
        Assert.Equal(3, await account.Balance());
        Assert.NotEqual(silo, cluster.WhereIs(account));
        Assert.Equal(7, await account.Deposit(4));
    }

    [Fact]
    public async Task State_outlives_its_cluster_on_a_storage_that_does()
    {
        var storage = new DictionaryStorage();
        await using (var first = await Clusters.StartAsync(s => s.Services.AddSingleton<IGrainStorage>(storage)))
        {
            await first.Client.GetGrain<IAccountGrain>("b").Deposit(5);
        }

        await using var second = await Clusters.StartAsync(s => s.Services.AddSingleton<IGrainStorage>(storage));
        Assert.Equal(5, await second.Client.GetGrain<IAccountGrain>("b").Balance());
        Assert.Equal("1", await second.Client.GetGrain<IAccountGrain>("b").Etag());
    }

    [Fact]
    public async Task A_write_that_lost_a_race_fails_and_ends_the_activation()
    {
        var storage = new DictionaryStorage();
        await using var cluster = await Clusters.StartAsync(s => s.Services.AddSingleton<IGrainStorage>(storage));
        var account = cluster.Client.GetGrain<IAccountGrain>("c");
        await account.Deposit(1);
        var before = await account.Activation();
        storage.Overwrite("account", "account/c", new Account { Balance = 100 });
        var lost = await Assert.ThrowsAsync<InconsistentStateException>(() => account.Deposit(1));
        Assert.NotEqual(lost.StoredEtag, lost.CurrentEtag);
        Assert.Equal(101, await account.Deposit(1));
        Assert.NotEqual(before, await account.Activation());
    }

    [Fact]
    public async Task Cleared_state_is_new_and_can_be_written_again()
    {
        await using var cluster = await Clusters.StartAsync();
        var account = cluster.Client.GetGrain<IAccountGrain>("d");
        await account.Deposit(2);
        await account.Clear();
        Assert.Equal(0, await account.Balance());
        Assert.Equal(4, await account.Deposit(4));
    }

    [Fact]
    public async Task A_storage_that_is_not_there_is_named()
    {
        await using var cluster = await Clusters.StartAsync();
        var failed = await Assert.ThrowsAsync<InvalidOperationException>(() => cluster.Client.GetGrain<IMissingStorageGrain>("e").Touch());
        var missing = Assert.IsType<BadProviderConfigException>(failed.InnerException);
        Assert.Contains("\"nowhere\"", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_storage_that_fails_is_named_in_the_failure()
    {
        var storage = new DictionaryStorage { Failure = new IOException("disk full") };
        await using var cluster = await Clusters.StartAsync(s => s.Services.AddSingleton<IGrainStorage>(storage));
        var failure = await Assert.ThrowsAsync<OrleansException>(() => cluster.Client.GetGrain<IAccountGrain>("f").Deposit(1));
        Assert.IsType<IOException>(failure.InnerException);
        storage.Failure = null;

        // What the failed write was to store is still in memory.
        Assert.Equal(2, await cluster.Client.GetGrain<IAccountGrain>("f").Deposit(1));
    }

    /// <summary>A storage as the product writes its own: keyed by state and grain, with ETags.</summary>
    internal sealed class DictionaryStorage : IGrainStorage
    {
        private readonly Dictionary<(string, string), (object State, int Version)> _rows = [];

        public Exception? Failure { get; set; }

        public void Overwrite(string state, string grain, object value)
        {
            lock (_rows)
            {
                _rows[(state, grain)] = (value, _rows[(state, grain)].Version + 1);
            }
        }

        public Task ReadStateAsync<T>(string stateName, GrainId grainId, Orleans.IGrainState<T> grainState)
        {
            lock (_rows)
            {
                if (_rows.TryGetValue((stateName, grainId.ToString()), out var row))
                {
                    grainState.State = (T)DeepCopier.Lenient.Copy(row.State)!;
                    grainState.ETag = $"{row.Version}";
                    grainState.RecordExists = true;
                }

                return Task.CompletedTask;
            }
        }

        public Task WriteStateAsync<T>(string stateName, GrainId grainId, Orleans.IGrainState<T> grainState)
        {
            if (Failure is not null)
            {
                return Task.FromException(Failure);
            }

            lock (_rows)
            {
                var version = _rows.TryGetValue((stateName, grainId.ToString()), out var row) ? row.Version : 0;
                var stored = version == 0 ? null : $"{version}";
                if (stored != grainState.ETag)
                {
                    return Task.FromException(new InconsistentStateException("changed", stored, grainState.ETag));
                }

                _rows[(stateName, grainId.ToString())] = (DeepCopier.Lenient.Copy(grainState.State)!, version + 1);
                grainState.ETag = $"{version + 1}";
                grainState.RecordExists = true;
                return Task.CompletedTask;
            }
        }

        public Task ClearStateAsync<T>(string stateName, GrainId grainId, Orleans.IGrainState<T> grainState)
        {
            lock (_rows)
            {
                _rows.Remove((stateName, grainId.ToString()));
                return Task.CompletedTask;
            }
        }
    }
}
