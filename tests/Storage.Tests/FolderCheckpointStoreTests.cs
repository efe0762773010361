namespace OrleansTagging.Storage.Tests;

public sealed class FolderCheckpointStoreTests : CheckpointStoreContract
{
    protected override ICheckpointStore Open() => new FolderCheckpointStore(Root);

    protected override async Task DamageAsync(long number)
    {
        var path = Path.Combine(Root, "checkpoints", Job, $"{number:d12}.checkpoint");
        var bytes = await File.ReadAllBytesAsync(path);
        await File.WriteAllBytesAsync(path, bytes[..^1]);
    }

    [Fact]
    public async Task A_writer_killed_at_any_instant_leaves_a_whole_checkpoint_no_older_than_the_last_it_told_of()
    {
        for (var round = 0; round < 4; round++)
        {
            using var writer = WriterProcess.Start("checkpoints", Root, Job);
            var told = new List<string>();
            for (var count = 0; count <= round + 1; count++)
            {
                told.Add(writer.ReadLine()!);
            }
            told.AddRange(writer.Kill());
            var last = int.Parse(told[^1]);
            var listed = await Open().ListAsync(Job);
            Assert.InRange(listed[0], last, last + 1);
            foreach (var number in listed)
            {
                Assert.Equal(WriterProcess.Numbered((int)number, 2 << 20), await Open().ReadAsync(Job, number));
            }
            await Open().RemoveAsync(Job);
        }
    }
}
