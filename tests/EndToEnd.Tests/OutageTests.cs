using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using OrleansTagging.Commands;
using OrleansTagging.Commands.Tests;
using OrleansTagging.Grains.Clustering;

namespace OrleansTagging.EndToEnd.Tests;

/// <summary>A run whose store fails in the middle waits, says so, and comes to the bytes of a run that nothing disturbed.</summary>
public sealed class OutageTests : IDisposable
{
    private static readonly string[] Results = ["report.json", "submission.csv"];

    private readonly TemporaryFolder _folder = new();

    private static string Experiment => Path.Combine(AppContext.BaseDirectory, "experiments", "published.yaml");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_full_disk_is_waited_out()
    {
        var disk = Directory.CreateDirectory(_folder["disk"]).FullName;
        if (!OperatingSystem.IsLinux() || await ExitCodeAsync("mount", "-t", "tmpfs", "-o", "size=48m", "none", disk) != 0)
        {
            Assert.Skip("a small disk is a tmpfs, which only Linux's administrator can mount");
        }
        try
        {
            await SynthAsync();
            var undisturbed = await RunAsync("store", "out");
            await ImportAsync("disk/store");
            using (var run = Start("disk/store", "out-disk", null))
            {
                Assert.True(await run.UntilAsync(() => run.Error.Contains("running", StringComparison.Ordinal)), run.Error);
                Fill(Path.Combine(disk, "ballast"));
                Assert.True(await run.UntilAsync(() => run.Error.Contains("no room left", StringComparison.Ordinal)), run.Error);
                Assert.Contains("The run waits for that", run.Error, StringComparison.Ordinal);
                var verified = await TaggingProcess.RunAsync(_folder.Root, "store", "verify", "--store", "disk/store");
                SmallExperiment.Succeeded(verified);
                File.Delete(Path.Combine(disk, "ballast"));
                Assert.True(await run.EndAsync() == ExitCode.Success, run.Error);
            }
            Assert.Equal(undisturbed, Read("out-disk"));
        }
        finally
        {
            await ExitCodeAsync("umount", disk);
        }
    }

    [Fact]
    public async Task A_storage_service_that_is_away_for_a_while_is_waited_out_and_its_report_is_that_of_a_folder()
    {
        await SynthAsync();
        var port = LoopbackPorts.Free();
        using var service = new AzuriteProcess(port, _folder["azurite"]);
        await service.StartAsync();
        var undisturbed = await RunAsync("store", "out");
        var environment = new Dictionary<string, string>
        {
            ["AZURE_STORAGE_CONNECTION_STRING"] = service.Connection,
            ["TAGGING_CACHE"] = _folder["cache"],
        };
        await ImportAsync("azure:tagging", environment);
        using (var run = Start("azure:tagging", "out-blob", environment))
        {
            Assert.True(await run.UntilAsync(() => run.Error.Contains("running", StringComparison.Ordinal)), run.Error);
            await service.StopAsync();
            Assert.True(await run.UntilAsync(() => run.Error.Contains("does not answer", StringComparison.Ordinal)), run.Error);
            await Task.Delay(TimeSpan.FromSeconds(8), TestContext.Current.CancellationToken);
            await service.StartAsync();
            Assert.True(await run.EndAsync() == ExitCode.Success, run.Error);
            Assert.Contains("The run goes on.", run.Error, StringComparison.Ordinal);
        }
        Assert.Equal(undisturbed, Read("out-blob"));
    }

    private async Task SynthAsync() => SmallExperiment.Succeeded(
        await TaggingProcess.RunAsync(_folder.Root, "dataset", "synth", "--out", "dataset", "--seed", "5", "--scale", "0.05"));

    private async Task ImportAsync(string store, IReadOnlyDictionary<string, string>? environment = null) => SmallExperiment.Succeeded(
        await TaggingProcess.RunAsync(_folder.Root, environment, "dataset", "import", "dataset", "--name", "published", "--store", store));

    private async Task<byte[][]> RunAsync(string store, string results)
    {
        await ImportAsync(store);
        SmallExperiment.Succeeded(await TaggingProcess.RunAsync(_folder.Root, "run", Experiment, "--store", store, "--out", results));
        return Read(results);
    }

    private TaggingProcess Start(string store, string results, IReadOnlyDictionary<string, string>? environment) =>
        TaggingProcess.Start(_folder.Root, environment, "run", Experiment, "--store", store, "--out", results);

    private byte[][] Read(string results) => [.. Results.Select(file => File.ReadAllBytes(_folder[$"{results}/{file}"]))];

    private static void Fill(string path)
    {
        using var ballast = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true)
            {
                ballast.Write(new byte[1 << 12]);
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    private static async Task<int> ExitCodeAsync(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            await process.WaitForExitAsync();
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return -1;
        }
    }
}
