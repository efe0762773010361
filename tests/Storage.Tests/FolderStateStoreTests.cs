using System.Runtime.InteropServices;
using System.Text;

namespace OrleansTagging.Storage.Tests;

public sealed class FolderStateStoreTests : StateStoreContract
{
    protected override IStateStore Open() => new FolderStateStore(Root);

    [Fact]
    public async Task A_state_lies_under_a_readable_name_with_its_facts_in_the_first_line()
    {
        var etag = await Open().WriteAsync("demo/melLarge@3", "{}"u8.ToArray(), null);
        var lines = await File.ReadAllLinesAsync(Path.Combine(Root, "state", "demo,mel^large@3.state"));
        const string Sha256 = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
        Assert.Equal([$$"""{"key":"demo,mel^large@3","write":"{{etag}}","sha256":"{{Sha256}}"}""", "{}"], lines);
    }

    [Fact]
    public async Task No_write_is_lost_among_racing_processes()
    {
        const int Writers = 4;
        const int Times = 15;
        var writers = Enumerable.Range(0, Writers)
            .Select(writer => WriterProcess.Start("append", Root, "race", $"w{writer}", $"{Times}"))
            .ToList();
        Assert.All(writers, writer => Assert.Equal(0, writer.Finish().ExitCode));
        writers.ForEach(writer => writer.Dispose());
        await AssertLogAsync(Writers, Times);
    }

    [Fact]
    public async Task A_writer_killed_at_any_instant_leaves_the_old_state_or_the_new_one_and_holds_nobody_up()
    {
        for (var round = 0; round < 5; round++)
        {
            using var writer = WriterProcess.Start("states", Root, "killed");
            var last = 0;
            for (var count = 0; count <= round; count++)
            {
                last = int.Parse(writer.ReadLine()!);
            }
            last = writer.Kill().Select(int.Parse).Append(last).Max();

            var state = (await Open().ReadAsync("killed"))!;
            var numbers = MemoryMarshal.Cast<byte, int>(state.Content).ToArray();
            Assert.Equal((2 << 20) / sizeof(int), numbers.Length);
            Assert.InRange(numbers[0], last, last + 1);
            Assert.All(numbers.Distinct(), number => Assert.Equal(numbers[0], number));
            await Open().WriteAsync("killed", WriterProcess.Numbered(0, 2 << 20), state.ETag);
        }
    }

    [Fact]
    public async Task A_write_that_runs_out_of_room_is_a_fault_and_leaves_what_was_there()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("the lack of room is a limit on the size of files, set by a Linux shell");
        }
        var etag = await Open().WriteAsync("full", "before"u8.ToArray(), null);
        using var writer = WriterProcess.Start("trap '' XFSZ; ulimit -f 1024", ["overfill", Root, "full", etag]);
        Assert.Equal(["refused", "refused", "refused"], writer.Finish().Lines);
        Assert.Equal("before", Encoding.UTF8.GetString((await Open().ReadAsync("full"))!.Content));
        Assert.Empty(Directory.EnumerateFiles(Root, "*.tmp", SearchOption.AllDirectories));
        Assert.Empty(Directory.EnumerateFiles(Root, "*.dat", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData("no line at all")]
    [InlineData("{\"key\":\"damaged\",\"write\":\"1-0\",\"sha256\":\"00\"}\nchanged")]
    [InlineData("{\"key\"\n")]
    [InlineData("")]
    public async Task A_damaged_state_is_named_not_returned(string stored)
    {
        await Open().WriteAsync("damaged", "right"u8.ToArray(), null);
        var path = Path.Combine(Root, "state", "damaged.state");
        await File.WriteAllTextAsync(path, stored);
        var fault = await Assert.ThrowsAsync<StateDamagedException>(() => Open().ReadAsync("damaged"));
        Assert.Contains(path, fault.Message);
    }
}
