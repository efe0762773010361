using OrleansTagging.Grains.Clustering;
using OrleansTagging.Silo;

// A host of grains, alone or as a member of a cluster: it announces its devices, runs the jobs it is given as Trainer processes, and
// tells whether it lives and is ready. Exit codes: 0 stopped in good order, 1 fault, 2 settings that cannot be used.
// With --health it starts nothing and asks the silo that runs here.
// The settings beside the program, from whichever folder it is started.
var builder = WebApplication.CreateBuilder(new WebApplicationOptions
{
    Args = [.. args.Where(argument => argument != HealthProbe.Argument)],
    ContentRootPath = AppContext.BaseDirectory,
});
var (settings, faults) = SiloSettings.Read(builder.Configuration);
if (faults is [_, ..])
{
    return Refused(2, [.. faults]);
}
if (args.Contains(HealthProbe.Argument))
{
    return await HealthProbe.RunAsync(settings);
}
if (!StoreHold.TryTake(settings, out var hold, out var problem))
{
    return Refused(2, problem);
}
using (hold)
{
    if (await hold.UnfinishedCopyAsync() is { } unfinished)
    {
        return Refused(2, unfinished);
    }
    if (ListeningPorts.Faults(settings).ToArray() is [_, ..] taken)
    {
        return Refused(2, taken);
    }
    if (settings.Cluster.Enabled && await ClusterHosting.ProbeAsync(hold.Store, TimeSpan.FromSeconds(30)) is { } silent)
    {
        return Refused(1, silent);
    }
    builder.AddSerilog(settings, hold.Store);
    builder.AddTelemetry(settings);
    builder.AddGrains(settings, hold.Store);
    builder.AddHttp(settings);

    var app = builder.Build();
    app.UseBrowserProtection(settings);
    app.UseDashboard();
    app.UseRouting();
    app.UseAuthentication();
    app.UseAuthorization();
    app.MapHealth();
    app.MapApi();
    app.MapSignIn(settings);
    app.MapDashboard();
    app.MapRuntimeDashboard();
    await app.RunToEndAsync();
}
return 0;

static int Refused(int code, params ReadOnlySpan<string> lines)
{
    foreach (var line in lines)
    {
        Console.Error.WriteLine(line.ReplaceLineEndings(" "));
    }
    return code;
}
