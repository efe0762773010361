using System.Diagnostics;
using System.Text;

namespace OrleansTagging.Storage.Tests;

/// <summary>
/// Another process that uses a store: this test program, started again with the word <c>writer</c>, what to do and with what. It says a
/// line for all that it has done and can be killed at any instant.
/// </summary>
internal sealed class WriterProcess : IDisposable
{
    private readonly Process _process;

    private WriterProcess(Process process) => _process = process;

    public int Id => _process.Id;

    public static int Main(string[] arguments)
    {
        if (arguments is ["writer", .. var task])
        {
            return WriteAsync(task).GetAwaiter().GetResult();
        }
        return arguments.Any(argument => argument is "--server" or "--internal-msbuild-node")
            ? Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework
                .RunAsync(arguments, SelfRegisteredExtensions.AddSelfRegisteredExtensions).GetAwaiter().GetResult()
            : Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(arguments).GetAwaiter().GetResult();
    }

    public static WriterProcess Start(params string[] task) => Start(shellPrefix: null, task);

    /// <summary>Starts it after a line of shell, for instance one that limits the size of files.</summary>
    public static WriterProcess Start(string? shellPrefix, string[] task)
    {
        string[] program = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
            ? [Environment.ProcessPath!, typeof(WriterProcess).Assembly.Location]
            : [Environment.ProcessPath!];
        string[] command = [.. program, "writer", .. task];
        if (shellPrefix is not null)
        {
            command = ["bash", "-c", shellPrefix + "; exec \"$0\" \"$@\"", .. command];
        }
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
            // The runtime's own double-mapped code counts as a file, which a limit on the size of files would break.
            Environment = { ["DOTNET_EnableWriteXorExecute"] = "0" },
        };
        return new WriterProcess(Process.Start(start)!);
    }

    public string? ReadLine() => _process.StandardOutput.ReadLine();

    /// <summary>Kills the process where it stands and gives the lines that it had still said.</summary>
    public string[] Kill()
    {
        _process.Kill();
        var said = _process.StandardOutput.ReadToEnd();
        _process.WaitForExit();
        // The last piece may lack its end.
        return said.Split('\n')[..^1];
    }

    /// <summary>Lets the process come to its end.</summary>
    public (int ExitCode, string[] Lines) Finish()
    {
        _process.StandardInput.Close();
        var said = _process.StandardOutput.ReadToEnd();
        _process.WaitForExit();
        return (_process.ExitCode, said.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }
        _process.Dispose();
    }

    /// <summary>A state or artifact that shows at a glance whether it is whole: its number over and over.</summary>
    public static byte[] Numbered(int number, int bytes)
    {
        var content = new byte[bytes];
        System.Runtime.InteropServices.MemoryMarshal.Cast<byte, int>(content.AsSpan()).Fill(number);
        return content;
    }

    private static async Task<int> WriteAsync(string[] task)
    {
        switch (task)
        {
            case ["states", var root, var key]:
                var states = new FolderStateStore(root);
                var etag = (await states.ReadAsync(key))?.ETag;
                for (var number = 1; ; number++)
                {
                    etag = await states.WriteAsync(key, Numbered(number, 2 << 20), etag);
                    Console.WriteLine(number);
                }
            case ["artifacts", var root, var seed]:
                var artifacts = new FolderArtifactStore(root);
                for (var number = int.Parse(seed); ; number++)
                {
                    Console.WriteLine(await artifacts.PutAsync(Numbered(number, 2 << 20), "dat"));
                }
            case ["checkpoints", var root, var job]:
                var checkpoints = new FolderCheckpointStore(root);
                for (var number = 1; ; number++)
                {
                    await checkpoints.WriteAsync(job, number, Numbered(number, 2 << 20));
                    Console.WriteLine(number);
                }
            case ["append", var root, var key, var name, var times]:
                await AppendAsync(new FolderStateStore(root), key, name, int.Parse(times));
                return 0;
            case ["hold", var root]:
                if (!StoreLock.TryAcquire(root, out var held, out _))
                {
                    return 1;
                }
                Console.WriteLine("held");
                Console.ReadLine();
                held.Dispose();
                return 0;
            case ["fetch", var connection, var container, var cache, var address]:
                var counted = new CountedRequests();
                var blobs = new BlobArtifactStore(
                    new Azure.Storage.Blobs.BlobContainerClient(connection, container, counted.Options()), cache, "team/");
                Console.WriteLine("ready");
                Console.ReadLine();
                await blobs.GetLocalPathAsync(address);
                Console.WriteLine(counted.Read);
                return 0;
            case ["lock", var path]:
                using (FileLock.TryTake(path))
                {
                    Console.WriteLine("held");
                    Console.ReadLine();
                }
                return 0;
            case ["overfill", var root, var key, var etagBefore]:
                foreach (var store in (Func<Task>[])[
                    () => new FolderStateStore(root).WriteAsync(key, new byte[4 << 20], etagBefore),
                    () => new FolderArtifactStore(root).PutAsync(new byte[4 << 20], "dat"),
                    () => new FolderArtifactStore(root).PutAsync(new MemoryStream(new byte[4 << 20]), "dat")])
                {
                    try
                    {
                        await store();
                        Console.WriteLine("stored");
                    }
                    catch (Exception e) when (e is IOException or ArgumentOutOfRangeException)
                    {
                        // A disk without room gives the first; the test's limit on the size of a file, in .NET's eyes, the second.
                        Console.WriteLine("refused");
                    }
                }
                return 0;
            default:
                return 2;
        }
    }

    /// <summary>Appends the lines <c>name 0</c>, <c>name 1</c>, … to a state, each by reading, writing and, after a lost race, reading
    /// again.</summary>
    public static async Task AppendAsync(IStateStore states, string key, string name, int times)
    {
        for (var number = 0; number < times; number++)
        {
            while (true)
            {
                var before = await states.ReadAsync(key);
                try
                {
                    var content = Encoding.UTF8.GetString(before?.Content ?? []) + $"{name} {number}\n";
                    await states.WriteAsync(key, Encoding.UTF8.GetBytes(content), before?.ETag);
                    break;
                }
                catch (StateConflictException)
                {
                }
            }
        }
    }
}
