using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace OrleansTagging.Silo.Tests;

public sealed class SiloProcessTests
{
    private static string SiloPath
    {
        get
        {
            var mine = new DirectoryInfo(AppContext.BaseDirectory);
            return Path.Combine(mine.Parent!.Parent!.FullName, "Silo", mine.Name, "OrleansTagging.Silo.dll");
        }
    }

    [Fact]
    public async Task A_silo_tells_that_it_lives_and_is_ready_and_ends_in_good_order()
    {
        var root = Directory.CreateTempSubdirectory("silo-").FullName;
        var http = $"http://127.0.0.1:{FreePort()}";
        using var silo = Start(
            $"--Tagging:Store={root}", $"--Tagging:HttpUrl={http}",
            $"--Tagging:SiloPort={FreePort()}", $"--Tagging:GatewayPort={FreePort()}");
        try
        {
            using var client = new HttpClient { BaseAddress = new Uri(http) };
            Assert.Equal("\"ready\"", await UntilAnsweredAsync(client, "/health/ready", silo));
            Assert.Equal("\"live\"", await client.GetStringAsync("/health/live"));
            // The whole process, measured at rest.
            silo.Refresh();
            Assert.InRange(silo.WorkingSet64, 1, 300_000_000);
        }
        finally
        {
            using var terminate = Process.Start("kill", ["-TERM", silo.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            await terminate.WaitForExitAsync();
            await silo.WaitForExitAsync();
            Directory.Delete(root, recursive: true);
        }
        Assert.Equal(0, silo.ExitCode);
    }

    [Fact]
    public async Task A_store_that_cannot_be_opened_is_one_line_and_exit_code_2()
    {
        using var silo = Start("--Tagging:Store=azure:No Such Container");
        var error = (await silo.StandardError.ReadToEndAsync()).TrimEnd('\n');
        await silo.WaitForExitAsync();

        Assert.Equal(2, silo.ExitCode);
        Assert.Contains("azure:No Such Container", error, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error);
    }

    private static async Task<string> UntilAnsweredAsync(HttpClient client, string path, Process silo)
    {
        // Far beyond what a loaded machine needs; it only ends a wait that would never end.
        var deadline = DateTime.UtcNow.AddMinutes(2);
        while (true)
        {
            Assert.False(silo.HasExited, "The silo ended.");
            try
            {
                using var answer = await client.GetAsync(path);
                if (answer.StatusCode == HttpStatusCode.OK)
                {
                    return await answer.Content.ReadAsStringAsync();
                }
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }
            Assert.True(DateTime.UtcNow < deadline, "The silo never became ready.");
            await Task.Delay(100);
        }
    }

    private static Process Start(params string[] arguments) => Process.Start(new ProcessStartInfo("dotnet", [SiloPath, .. arguments])
    {
        RedirectStandardError = true,
        RedirectStandardOutput = true,
    })!;

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
