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
}
