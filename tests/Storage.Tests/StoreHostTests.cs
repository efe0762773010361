using System.Diagnostics;

namespace OrleansTagging.Storage.Tests;

public sealed class StoreHostTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("store-host-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Hosts_that_live_are_found_and_those_that_are_gone_are_passed_over()
    {
        Assert.Empty(StoreHost.Living(Path.Combine(_root, "none")));
        Of(Environment.ProcessId, "127.0.0.1:30000").Write(_root);
        using (var ended = Process.Start(new ProcessStartInfo("true"))!)
        {
            ended.WaitForExit();
            Of(ended.Id, "127.0.0.1:30001").Write(_root);
        }
        File.WriteAllText(Path.Combine(_root, "host-1.json"), "{ half a file");

        Assert.Equal(Of(Environment.ProcessId, "127.0.0.1:30000"), Assert.Single(StoreHost.Living(_root)));

        StoreHost.Remove(_root, Environment.ProcessId);
        Assert.Empty(StoreHost.Living(_root));
    }

    private static StoreHost Of(int process, string gateway) =>
        new() { Process = process, Gateway = gateway, ClusterId = "tagging", ServiceId = "tagging" };
}
