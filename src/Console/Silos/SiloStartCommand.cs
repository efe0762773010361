using System.CommandLine;
using System.Diagnostics;
using System.Runtime.InteropServices;
using OrleansTagging.Commands.Options;
using OrleansTagging.Labels;

namespace OrleansTagging.Commands.Silos;

/// <summary><c>silo start</c>: the Silo program in the foreground, with its signals and its exit code.</summary>
internal sealed partial class SiloStartCommand : TaggingCommand
{
    private const string FileName = "OrleansTagging.Silo.dll";
    private const int Terminate = 15;

    private readonly StoreOption _store = new();
    private readonly Option<string?> _http = new("--http")
    {
        HelpName = "URL",
        Description = "Where it answers HTTP [default: http://127.0.0.1:8080]",
    };

    private readonly NumberOption<int> _gatewayPort = new("--gateway-port", "Port for clients [default: 30000]", 1, ushort.MaxValue);
    private readonly NumberOption<int> _siloPort = new("--silo-port", "Port for other silos [default: 11111]", 1, ushort.MaxValue);
    private readonly NumberOption<int> _cpuSlots = new(
        "--cpu-slots", "Threads of the CPU for jobs [default: its processors]", 0, ushort.MaxValue);

    public SiloStartCommand() : base(
        "start",
        "Starts a silo on the store, which runs the experiments that are submitted to it, until Ctrl-C. Further settings are read from the "
        + "environment (Tagging__…), as the README lists them.",
        "tagging silo start --store ./tagging-store")
    {
        Options.Add(_store);
        Options.Add(_http);
        Options.Add(_gatewayPort);
        Options.Add(_siloPort);
        Options.Add(_cpuSlots);
    }

    /// <summary>The group <c>silo</c>.</summary>
    public static CommandGroup Group() => new(
        "silo", "Hosts the grains of a store for other consoles.", "tagging silo start", new SiloStartCommand());

    protected override async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(Dotnet());
        start.ArgumentList.Add(Locate());
        Add("Store", StoreOption.Location(line));
        Add("HttpUrl", line.GetValue(_http));
        Add("GatewayPort", Given(_gatewayPort));
        Add("SiloPort", Given(_siloPort));
        Add("CpuSlots", Given(_cpuSlots));
        using var silo = Process.Start(start) ?? throw new InvalidOperationException("The silo could not be started.");
        // A terminal sends its signals to the silo as well, which passes over what it has heard already.
        await using var forwarding = cancellationToken.Register(() => _ = SendSignal(silo.Id, Terminate));
        // It ends in its own time, and has the last word.
        await silo.WaitForExitAsync(CancellationToken.None);
        return silo.ExitCode;

        string? Given(NumberOption<int> option) => line.GetResult(option) is null ? null : Figures.Count(line.GetValue(option));

        void Add(string setting, string? value)
        {
            if (value is not null)
            {
                start.ArgumentList.Add($"--Tagging:{setting}");
                start.ArgumentList.Add(value);
            }
        }
    }

    private static string Dotnet() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : "dotnet";

    private static string Locate()
    {
        var own = Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory);
        string[] places =
        [
            Path.GetFullPath(Path.Combine(own, "..", "..", "Silo", Path.GetFileName(own), FileName)),
            Path.Combine(own, "silo", FileName),
        ];
        return Array.Find(places, File.Exists)
            ?? throw new InputException($"The silo is not there ({places[0]}); build it with eng/setup.sh.");
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int process, int signal);
}
