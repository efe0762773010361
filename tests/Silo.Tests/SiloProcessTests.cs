using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using OrleansTagging.Grains.Clustering;

namespace OrleansTagging.Silo.Tests;

public sealed class SiloProcessTests : IDisposable
{
    private const string Token = "a-token-of-more-than-16-characters";

    private readonly string _root = Directory.CreateTempSubdirectory("silo-").FullName;

    private string Store => $"--Tagging:Store={_root}";

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task A_silo_tells_that_it_lives_and_is_ready_and_ends_in_good_order()
    {
        using var silo = SiloProcess.Start(Store);
        await silo.ReadyAsync();
        Assert.Equal("\"ready\"", await silo.Http.GetStringAsync("/health/ready"));
        Assert.Equal("\"live\"", await silo.Http.GetStringAsync("/health/live"));
        // A container is checked with what is in it.
        Assert.Equal(0, (await SiloProcess.RefusedAsync("--health", $"--Tagging:HttpUrl={silo.Http.BaseAddress}")).Code);
        Assert.Equal(1, (await SiloProcess.RefusedAsync("--health")).Code);
        // The whole process, measured at rest.
        Assert.InRange(silo.ResidentBytes, 1, 300_000_000);

        // The folder is the silo's alone.
        var (code, error) = await SiloProcess.RefusedAsync(Store);
        Assert.Equal(2, code);
        Assert.Contains("is in use by process ", error, StringComparison.Ordinal);

        silo.Terminate();
        (code, var log) = await silo.EndAsync();
        Assert.Equal(0, code);
        Assert.Contains(" INF Leaving: ", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_a_token_only_its_bearer_gets_an_answer_and_health_is_told_to_all()
    {
        using var silo = SiloProcess.Start(Store, $"--Tagging:HttpToken={Token}", "--Serilog:MinimumLevel:Default=Debug");
        await silo.ReadyAsync();

        Assert.Equal(HttpStatusCode.OK, await silo.StatusAsync("/health/live"));
        Assert.Equal(HttpStatusCode.Unauthorized, await silo.StatusAsync("/api/scheduler"));
        Assert.Equal(HttpStatusCode.Unauthorized, await silo.StatusAsync("/api/scheduler", Token[..^1]));
        Assert.Equal(HttpStatusCode.Unauthorized, await silo.StatusAsync("/api/scheduler", Token + "x"));
        // What scales silos has no token, and learns a number alone.
        Assert.Equal("{\"jobs\":0}", await silo.Http.GetStringAsync("/health/queue?accelerator=cuda&beyond=1&siloPort=11112"));
        Assert.Equal(HttpStatusCode.BadRequest, await silo.StatusAsync("/health/queue"));
        // Whoever does not know the token does not learn what there is, either.
        Assert.Equal(HttpStatusCode.Unauthorized, await silo.StatusAsync("/no/such/page"));

        silo.Http.DefaultRequestHeaders.Authorization = new("Bearer", Token);
        var scheduler = JsonDocument.Parse(await silo.Http.GetStringAsync("/api/scheduler")).RootElement;
        Assert.Equal(1, scheduler.GetProperty("silos").GetArrayLength());

        silo.Terminate();
        var (code, log) = await silo.EndAsync();
        Assert.Equal(0, code);
        Assert.DoesNotContain(Token, log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_another_program_has_is_named_in_a_line_and_ends_the_silo_with_exit_code_2()
    {
        using var other = new TcpListener(IPAddress.Loopback, LoopbackPorts.Free());
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;

        var (code, error) = await SiloProcess.RefusedAsync(Store, $"--Tagging:HttpUrl=http://127.0.0.1:{port}");

        Assert.Equal(2, code);
        Assert.Equal($"Tagging:HttpUrl: port {port} is in use by another program; end that one, or give another port.", error);
    }

    [Fact]
    public async Task A_cluster_on_a_folder_is_refused_in_a_line_since_its_members_are_in_the_tables_of_the_stores_account()
    {
        var (code, error) = await SiloProcess.RefusedAsync(Store, "--Tagging:Cluster:Enabled=true");

        Assert.Equal(2, code);
        Assert.Equal(
            $"Tagging:Store is {_root}, but a cluster keeps its members in the tables of the store's account; name a container, azure:CONTAINER, "
            + "of an account with tables, or leave Tagging:Cluster:Enabled out.",
            error);
    }

    [Theory]
    [InlineData("--Tagging:Store=azure:No Such Container", "azure:No Such Container")]
    [InlineData("--Tagging:Stroe=x", "Tagging:Stroe is no setting")]
    [InlineData("--Tagging:CpuSlots=many", "Tagging:CpuSlots is 'many'")]
    [InlineData("--Tagging:CudaDevices:0=first", "Tagging:CudaDevices:0 is 'first'")]
    [InlineData("--Tagging:Role=tpu", "Tagging:Role is 'tpu'")]
    [InlineData("--Tagging:SiloPort=70000", "Tagging:SiloPort is 70000")]
    [InlineData("--Tagging:Heartbeat=-00:00:01", "Tagging:Heartbeat is -00:00:01")]
    [InlineData("--Tagging:TrainerPath=/no/trainer.dll", "/no/trainer.dll")]
    [InlineData("--Tagging:HttpUrl=http://0.0.0.0:8080", "Tagging:HttpToken")]
    [InlineData("--Tagging:HttpUrl=everywhere", "Tagging:HttpUrl is 'everywhere'")]
    [InlineData("--Kestrel:Endpoints:More:Url=http://*:80", "Kestrel:Endpoints:More:Url")]
    [InlineData("--Tagging:HttpToken=short", "Tagging:HttpToken is shorter")]
    [InlineData("--Tagging:Cluster:Enabled=perhaps", "Tagging:Cluster:Enabled is 'perhaps'; write true or false.")]
    [InlineData("--Tagging:Cluster:Server=host:1,password=secret word", "Tagging:Cluster:Server is no setting; those of Tagging:Cluster are ")]
    [InlineData("--Tagging:Cluster:Tls:Authority=/no/ca.pem", "Tagging:Cluster:Tls:Certificate is not set")]
    [InlineData("--Tagging:Entra:Authority=http://nowhere", "Tagging:Entra")]
    public async Task A_setting_that_cannot_be_used_is_named_in_a_line_and_ends_the_silo_with_exit_code_2(string setting, string named)
    {
        var (code, error) = await SiloProcess.RefusedAsync(Store, setting);

        Assert.Equal(2, code);
        Assert.Contains(error.Split('\n'), line => line.Contains(named, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret word", error, StringComparison.Ordinal);
    }
}
