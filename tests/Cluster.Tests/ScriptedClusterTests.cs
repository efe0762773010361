using System.Diagnostics;
using System.Net;
using System.Text.Json;
using OrleansTagging.Abstractions;
using OrleansTagging.EndToEnd.Tests;
using OrleansTagging.Grains;
using OrleansTagging.Grains.Tests;
using OrleansTagging.Silo.Tests;

namespace OrleansTagging.Cluster.Tests;

/// <summary>A cluster whose Trainer does at once, or not at all, what a test wants.</summary>
public sealed class ScriptedClusterTests
{
    private static readonly TimeSpan _drainLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _promised = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan _away = TimeSpan.FromSeconds(15);

    private static string Yaml => $$"""
        name: demo
        dataset: {{SyntheticClips.Name}}
        seed: 3
        folds: 2
        models:
          mel:
            features: mel_1024_512_64
        training:
          epochs: 2
          device: cpu
          threads: 1
        curricula:
          main:
            scorer: mel
            rounds: [10]
        members:
          plain: {model: mel, selection: curated}
          last: {model: mel, selection: main@1}
        ensemble: [plain, last]
        """;

    [Fact]
    public async Task Jobs_run_on_all_silos_that_train_wait_while_there_are_none_and_go_on_when_one_returns()
    {
        await using var cluster = (await TestCluster.CreateAsync()).Scripted();
        var dataset = await SyntheticClips.PutAsync(cluster.Store);
        cluster.Script("wait train");
        SiloProcess cpu = cluster.StartCpuRole(), first = cluster.StartGpuRole(), second = cluster.StartGpuRole();
        await Task.WhenAll(cpu.ReadyAsync(), first.ReadyAsync(), second.ReadyAsync());
        await cluster.ConnectAsync();
        Assert.Null(await cluster.Grains.GetGrain<IDatasetGrain>(dataset.Name).Register(dataset));
        var experiment = await cluster.SubmitAsync(Yaml);

        var busy = await cluster.UntilAsync("two jobs run", cluster.SchedulerAsync, record => record.Leases.Length == 2);
        Assert.Contains(busy.Leases, lease => first.Owns(lease.Silo));
        Assert.Contains(busy.Leases, lease => second.Owns(lease.Silo));
        Assert.Empty(busy.Silos.Single(silo => cpu.Owns(silo.Silo)).Devices);

        var watch = Stopwatch.StartNew();
        // Both machines die. Nobody is left to train: the jobs wait, and the experiment does not fail.
        await Task.WhenAll(first.DieAsync(), second.DieAsync());
        await cluster.UntilAsync(
            "the dead are given up", cluster.SchedulerAsync, record => record.Silos.Length == 1 && record.Leases.Length == 0);
        TestContext.Current.SendDiagnosticMessage("given up after {0:0.0} s", watch.Elapsed.TotalSeconds);
        Assert.True(watch.Elapsed < _promised, $"They were given up after {watch.Elapsed}. {cluster.Log}");
        Assert.True((await cluster.SchedulerAsync()).Queue.Length >= 2);
        cluster.Script();
        await cluster.UntilAsync(
            "the experiment answers that it runs", () => cluster.Grains.GetGrain<IExperimentGrain>(experiment).GetProgress(),
            progress => progress.Status == ExperimentStatus.Running);

        // The tables of members and reminders are lost, as in an account to which a backup was restored; the store knows what is unfinished.
        await cpu.DieAsync();
        await foreach (var table in cluster.Store.Tables!.QueryAsync())
        {
            await cluster.Store.Tables.DeleteTableAsync(table.Name);
        }
        cpu.Start();
        second.Start();
        var report = await cluster.ReportAsync(experiment);
        Assert.NotEmpty(report);
        Assert.DoesNotContain(AzuriteProcess.Key, cluster.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Members_stay_members_while_their_tables_are_away_and_another_joins_once_they_are_back()
    {
        await using var cluster = (await TestCluster.CreateAsync()).Scripted();
        var dataset = await SyntheticClips.PutAsync(cluster.Store);
        cluster.Script("wait train");
        SiloProcess cpu = cluster.StartCpuRole(), first = cluster.StartGpuRole();
        await Task.WhenAll(cpu.ReadyAsync(), first.ReadyAsync());
        await cluster.ConnectAsync();
        Assert.Null(await cluster.Grains.GetGrain<IDatasetGrain>(dataset.Name).Register(dataset));
        var experiment = await cluster.SubmitAsync(Yaml);
        var before = await cluster.UntilAsync("a job runs", cluster.SchedulerAsync, record => record.Leases.Length == 1);

        // Many times longer than a probe, or a sign of life, is waited for.
        await cluster.Azurite.StopAsync();
        await Task.Delay(_away);
        Assert.True(cpu.Lives && first.Lives, cluster.Log);
        await cluster.Azurite.StartAsync();

        var second = cluster.StartGpuRole();
        await second.ReadyAsync();
        var after = await cluster.UntilAsync("there are three", cluster.SchedulerAsync, record => record.Silos.Length == 3);
        // The first two in their first lives: nobody was taken for dead.
        Assert.Subset(after.Silos.Select(silo => silo.Silo).ToHashSet(), before.Silos.Select(silo => silo.Silo).ToHashSet());
        Assert.True(cpu.Lives && first.Lives, cluster.Log);
        cluster.Script();
        Assert.Equal(await AloneAsync(), await cluster.ReportAsync(experiment));
    }

    [Fact]
    public async Task An_experiment_of_a_silo_alone_goes_on_by_itself_when_the_silo_comes_back_and_no_server_is_needed()
    {
        await using var alone = TestCluster.Alone().Scripted();
        var dataset = await SyntheticClips.PutAsync(alone.Store);
        alone.Script("wait train");
        var silo = alone.StartGpuRole();
        await silo.ReadyAsync();
        await alone.ConnectAsync(silo.Gateway);
        Assert.Null(await alone.Grains.GetGrain<IDatasetGrain>(dataset.Name).Register(dataset));
        var experiment = await alone.SubmitAsync(Yaml);
        await alone.UntilAsync("a Trainer works", () => Task.FromResult(silo.Trainers()), trainers => trainers.Length > 0);

        await silo.DieAsync();
        alone.Script();
        silo.Start();
        var watch = Stopwatch.StartNew();
        // Its state is looked at where it is stored: a call to its grain would wake it, too.
        await alone.UntilAsync(
            "the experiment is done", () => alone.Store.State.ReadAsync($"grain/experiment/{experiment}/experiment"),
            stored => JsonSerializer.Deserialize<ExperimentState>(stored!.Content)!.Status == ExperimentStatus.Done);
        TestContext.Current.SendDiagnosticMessage("done {0:0.0} s after its start", watch.Elapsed.TotalSeconds);
        Assert.Equal(await AloneAsync(), await alone.ReportAsync(experiment));
    }

    [Fact]
    public async Task A_rolling_restart_of_all_silos_fails_no_job_and_changes_no_byte_of_the_report()
    {
        await using var cluster = (await TestCluster.CreateAsync()).Scripted();
        var dataset = await SyntheticClips.PutAsync(cluster.Store);
        // The first two Trainers work until their silos are told to stop, all others as fast as they can.
        cluster.Script("wait train 1");
        SiloProcess[] silos = [cluster.StartGpuRole(), cluster.StartGpuRole(), cluster.StartCpuRole()];
        await Task.WhenAll(silos.Select(silo => silo.ReadyAsync()));
        await cluster.ConnectAsync();
        Assert.Null(await cluster.Grains.GetGrain<IDatasetGrain>(dataset.Name).Register(dataset));
        var experiment = await cluster.SubmitAsync(Yaml);
        // Not their leases: a Trainer that is stopped before it has looked at the script leaves the waiting to the one after it.
        await cluster.UntilAsync("two Trainers work", () => Task.FromResult(cluster.TrainerLog()), log => log.Length == 2);
        cluster.Script();

        foreach (var silo in silos)
        {
            var trains = silo.Trainers().Length > 0;
            var stopping = silo.StopAsync();
            var answers = await AnswersUntilAsync(stopping, silo);
            var (code, time) = await stopping;
            // While its Trainer leaves a checkpoint it answers, and says that it takes nothing more.
            Assert.True(!trains || answers.Contains(HttpStatusCode.ServiceUnavailable), $"It answered {string.Join(", ", answers)}.");
            Assert.True(code == 0 && time < _drainLimit, $"exit code {code} after {time}: {silo.Log}");
            TestContext.Current.SendDiagnosticMessage("drained in {0:0.0} s", time.TotalSeconds);
            silo.Start();
            await silo.ReadyAsync();
        }

        var report = await cluster.ReportAsync(experiment);
        var jobs = cluster.TrainerLog().Select(line => line[0]).Distinct();
        Assert.All(
            await Task.WhenAll(jobs.Select(job => cluster.Grains.GetGrain<ITrainingGrain>(job).Describe())),
            job => Assert.Equal(JobStatus.Done, job!.Status));
        Assert.Equal(await AloneAsync(), report);
    }

    private static async Task<HashSet<HttpStatusCode?>> AnswersUntilAsync(Task end, SiloProcess silo)
    {
        var answers = new HashSet<HttpStatusCode?>();
        while (!end.IsCompleted)
        {
            answers.Add(await silo.StatusAsync("/health/ready"));
            await Task.Delay(20);
        }
        return answers;
    }

    // The same experiment on a silo that stands alone, on a store of its own.
    private static async Task<byte[]> AloneAsync()
    {
        await using var alone = TestCluster.Alone().Scripted();
        var dataset = await SyntheticClips.PutAsync(alone.Store);
        var silo = alone.StartGpuRole();
        await silo.ReadyAsync();
        await alone.ConnectAsync(silo.Gateway);
        Assert.Null(await alone.Grains.GetGrain<IDatasetGrain>(dataset.Name).Register(dataset));
        return await alone.ReportAsync(await alone.SubmitAsync(Yaml));
    }
}
