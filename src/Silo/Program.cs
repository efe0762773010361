using OrleansTagging.Silo;

// A host of grains: it announces its devices, runs the jobs it is given as Trainer processes, and tells whether it lives and is ready.
var builder = WebApplication.CreateBuilder(args);
builder.AddSerilog();
var settings = builder.Configuration.GetSection("Tagging").Get<SiloSettings>() ?? new SiloSettings();
if (!settings.TryOpenStore(out var store, out var problem))
{
    Console.Error.WriteLine(problem);
    return 2;
}
builder.AddGrains(settings, store);
builder.WebHost.UseUrls(settings.HttpUrl);

var app = builder.Build();
app.MapHealth();
await app.RunAsync();
return 0;
