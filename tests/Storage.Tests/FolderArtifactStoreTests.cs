namespace OrleansTagging.Storage.Tests;

public sealed class FolderArtifactStoreTests : ArtifactStoreContract
{
    protected override IArtifactStore Open() => new FolderArtifactStore(Path.Combine(Root, "store"));

    [Fact]
    public async Task An_artifact_lies_at_the_first_two_digits_of_its_address_and_is_read_only()
    {
        var address = await Open().PutAsync("abc"u8.ToArray(), "txt");
        Assert.Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad.txt", address);
        var path = Path.Combine(Root, "store", "artifacts", "ba", address);
        Assert.Equal(path, await Open().GetLocalPathAsync(address));
        Assert.Equal("abc", await File.ReadAllTextAsync(path));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead, File.GetUnixFileMode(path));
        }
    }

    [Fact]
    public async Task A_given_up_file_of_the_same_file_system_is_moved_not_copied()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("that it is the same file is shown by a hard link, made by Linux's ln");
            return;
        }
        var path = Path.Combine(Root, "given.bin");
        var link = Path.Combine(Root, "link.bin");
        await File.WriteAllTextAsync(path, "one");
        using (var ln = System.Diagnostics.Process.Start("ln", [path, link]))
        {
            await ln.WaitForExitAsync();
        }
        var address = await Open().MoveFileAsync(path, "dat");
        // Only a file that is still the linked one changes with it.
        File.SetUnixFileMode(link, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await File.WriteAllTextAsync(link, "two");
        Assert.Equal("two", await File.ReadAllTextAsync(await Open().GetLocalPathAsync(address)));
    }

    [Fact]
    public async Task A_damaged_artifact_is_not_given_out()
    {
        var address = await Open().PutAsync("right"u8.ToArray(), "txt");
        var path = await Open().GetLocalPathAsync(address);
        File.Delete(path);
        await File.WriteAllTextAsync(path, "wrong");
        var fault = await Assert.ThrowsAsync<ArtifactDamagedException>(() => Open().ReadAsync(address));
        Assert.Contains(path, fault.Message);
    }

    [Fact]
    public async Task A_writer_killed_at_any_instant_leaves_whole_artifacts_only_and_its_leftovers_are_swept()
    {
        var root = Path.Combine(Root, "store");
        for (var round = 0; round < 4; round++)
        {
            using var writer = WriterProcess.Start("artifacts", root, (round * 1_000_000).ToString());
            var told = new List<string>();
            for (var count = 0; count <= round; count++)
            {
                told.Add(writer.ReadLine()!);
            }
            told.AddRange(writer.Kill());

            var listed = (await ListAsync(Open())).Select(artifact => artifact.Address).ToHashSet();
            Assert.All(told, address => Assert.Contains(address, listed));
            foreach (var address in listed)
            {
                Assert.Equal(2 << 20, (await Open().ReadAsync(address)).Length);
            }
        }

        var leftovers = Path.Combine(root, "artifacts", "tmp");
        var old = Path.Combine(leftovers, "0.tmp");
        var fresh = Path.Combine(leftovers, "1.tmp");
        await File.WriteAllTextAsync(old, "half");
        await File.WriteAllTextAsync(fresh, "half");
        File.SetLastWriteTimeUtc(old, DateTime.UtcNow.AddHours(-2));
        Open();
        Assert.False(File.Exists(old));
        Assert.True(File.Exists(fresh));
    }

    [Fact]
    public async Task The_sweep_spares_an_old_file_that_someone_still_writes()
    {
        Open();
        var path = Path.Combine(Root, "store", "artifacts", "tmp", "slow.tmp");
        await using (var slow = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None))
        {
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddHours(-2));
            Open();
            Assert.True(File.Exists(path));
        }
        Open();
        Assert.False(File.Exists(path));
    }
}
