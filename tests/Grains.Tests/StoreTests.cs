using Orleans;
using Orleans.Runtime;
using Orleans.Storage;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains.Tests;

public sealed class StoreTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("states-").FullName;
    private readonly IStateStore _states;

    public StoreTests() => _states = Store.Open(_root).State;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task A_state_written_by_one_activation_is_read_by_the_next()
    {
        var grain = GrainId.Create("fold", "demo/main.scorer/curated/0");
        var storage = new ArtifactGrainStorage(_states);
        var written = new GrainState<FoldState>(new FoldState { TrainClips = 7, Training = new FoldJob { Job = "cpu-1", Document = "d" } });
        await storage.WriteStateAsync("fold", grain, written);

        var read = new GrainState<FoldState>();
        await storage.ReadStateAsync("fold", grain, read);

        Assert.True(read.RecordExists);
        Assert.Equal(written.ETag, read.ETag);
        Assert.Equal((7, "cpu-1"), (read.State!.TrainClips, read.State.Training!.Job));
    }

    [Fact]
    public async Task A_write_from_a_stale_read_is_refused_and_leaves_the_state_alone()
    {
        var grain = GrainId.Create("fold", "demo/first/curated/0");
        var storage = new ArtifactGrainStorage(_states);
        var one = new GrainState<FoldState>(new FoldState { TrainClips = 1 });
        var other = new GrainState<FoldState>(new FoldState { TrainClips = 2 });
        await storage.WriteStateAsync("fold", grain, one);

        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteStateAsync("fold", grain, other));

        await storage.ReadStateAsync("fold", grain, other);
        Assert.Equal(1, other.State!.TrainClips);
        await storage.ClearStateAsync("fold", grain, other);
        await storage.ReadStateAsync("fold", grain, one);
        Assert.False(one.RecordExists);
    }

    [Fact]
    public async Task A_reminder_is_kept_until_it_is_removed_by_its_last_version()
    {
        var table = new StoreReminderTable(_states);
        var entry = new ReminderEntry
        {
            GrainId = GrainId.Create("experiment", "demo"),
            ReminderName = "redrive",
            StartAt = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc),
            Period = TimeSpan.FromMinutes(1),
        };
        var first = await table.UpsertRow(entry);
        var second = await table.UpsertRow(entry);
        await table.UpsertRow(new ReminderEntry
        {
            GrainId = GrainId.Create("experiment", "demo-2"),
            ReminderName = "redrive",
            Period = entry.Period,
        });

        var read = await new StoreReminderTable(_states).ReadRow(entry.GrainId, "redrive");
        Assert.Equal((entry.GrainId, entry.StartAt, entry.Period, second), (read!.GrainId, read.StartAt, read.Period, read.ETag));
        Assert.Single((await table.ReadRows(entry.GrainId)).Reminders);
        Assert.Equal(2, (await table.ReadRows(0, 0)).Reminders.Count);
        var hash = entry.GrainId.GetUniformHashCode();
        Assert.Contains((await table.ReadRows(hash - 1, hash)).Reminders, known => known.GrainId == entry.GrainId);
        Assert.DoesNotContain((await table.ReadRows(hash, hash + 1)).Reminders, known => known.GrainId == entry.GrainId);

        Assert.False(await table.RemoveRow(entry.GrainId, "redrive", first!));
        Assert.True(await table.RemoveRow(entry.GrainId, "redrive", second!));
        Assert.Null(await table.ReadRow(entry.GrainId, "redrive"));
    }
}
