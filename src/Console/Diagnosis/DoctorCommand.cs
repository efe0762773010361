using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using OrleansTagging.Commands.Features;
using OrleansTagging.Commands.Options;
using OrleansTagging.Grains;
using OrleansTagging.Labels;
using OrleansTagging.Storage;

namespace OrleansTagging.Commands.Diagnosis;

/// <summary><c>doctor</c>: whether this machine has what the program needs, and a cure for what it lacks.</summary>
internal sealed class DoctorCommand : TaggingCommand
{
    private const int LeastSdk = 10;

    // A single core of any machine of the last ten years does more.
    private const double LeastGflops = 5;
    private const long LeastFree = 2_000_000_000;
    private static readonly TimeSpan MostSkew = TimeSpan.FromSeconds(5);
    private static readonly (string What, int Port)[] Ports = [("silos", 11111), ("clients", 30000), ("HTTP", 8080)];

    private readonly Terminal _terminal;
    private readonly StoreOption _store = new();
    private readonly JsonOption _json = new();

    public DoctorCommand(Terminal terminal) : base(
        "doctor",
        "Checks what the program needs: SDK, libtorch and its speed, devices, store, clock, ports; each with a cure. Exit code 1 "
        + "where something must be cured.",
        "tagging doctor")
    {
        _terminal = terminal;
        Options.Add(_store);
        Options.Add(_json);
    }

    protected override async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        List<Finding> findings =
        [
            await SdkAsync(cancellationToken),
            .. await LibraryAsync(cancellationToken),
            Devices(),
            .. Store(line),
            .. Ports.Select(port => PortOf(port.What, port.Port, line)),
        ];
        if (line.GetValue(_json))
        {
            _terminal.WriteJson(findings);
        }
        else
        {
            foreach (var finding in findings)
            {
                _terminal.Out.WriteLine($"{(finding.IsGood ? "good" : "BAD "),-5} {finding.What,-9} {finding.Found}");
                if (finding.Cure is { } cure)
                {
                    _terminal.Out.WriteLine($"{"",16}{cure}");
                }
            }
        }
        return findings.TrueForAll(finding => finding.IsGood) ? ExitCode.Success : ExitCode.Fault;
    }

    private static async Task<Finding> SdkAsync(CancellationToken cancellationToken)
    {
        const string cure = "Install the .NET 10 SDK (https://dotnet.microsoft.com/download); it builds the program.";
        try
        {
            using var process = Process.Start(new ProcessStartInfo("dotnet", ["--version"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var version = (await process.StandardOutput.ReadToEndAsync(cancellationToken)).Trim();
            await process.WaitForExitAsync(cancellationToken);
            var good = int.TryParse(version.Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major)
                && major >= LeastSdk;
            return new Finding("sdk", good, good ? version : $"'{version}' is no SDK from {LeastSdk} up", good ? null : cure);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return new Finding("sdk", false, "there is no dotnet on the path", cure);
        }
    }

    private static async Task<Finding[]> LibraryAsync(CancellationToken cancellationToken)
    {
        const string cure = "Run eng/setup.sh, which builds it.";
        if (TrainerProgram.Find() is null)
        {
            return [new Finding("libtorch", false, "the Trainer, which loads it, is not built", cure)];
        }
        var (code, answer, error) = await TrainerProgram.AnswerAsync(["probe"], cancellationToken);
        if (code != ExitCode.Success)
        {
            return [new Finding("libtorch", false, error.Split('\n')[0], cure)];
        }
        var probe = JsonSerializer.Deserialize<Probe>(answer, JsonSerializerOptions.Web)!;
        var fast = Math.Min(probe.ProductGflops, probe.ConvolutionGflops) >= LeastGflops;
        return
        [
            new Finding(
                "libtorch",
                fast,
                string.Create(CultureInfo.InvariantCulture,
                    $"{probe.Threads} threads, {probe.ProductGflops:0} GFLOPS in a product, {probe.ConvolutionGflops:0} in a convolution"),
                fast ? null : "That is slow: give the program more cores, or end what else runs here."),
            .. CxxLibrary(probe.HasCxxVersion),
        ];
    }

    private static IEnumerable<Finding> CxxLibrary(bool? hasVersion)
    {
        if (hasVersion is { } has)
        {
            yield return new Finding("libstdc++", true, has
                ? "TorchSharp's native library loads as it was published"
                : "older than TorchSharp's native library asks for; the build has marked that version as weak, and it loads");
        }
    }

    private static Finding Devices()
    {
        var devices = new TaggingOptions().Devices();
        return new Finding("devices", devices.Length > 0, string.Join(", ", devices.Select(device => device.Accelerator == "cpu"
            ? $"cpu with {Figures.Count(device.Slots)} slots"
            : device.Name)));
    }

    private static IEnumerable<Finding> Store(ParseResult line)
    {
        var location = StoreOption.Location(line);
        Store store;
        var problem = "";
        try
        {
            store = StoreOption.OpenExisting(line);
        }
        catch (Exception fault) when (fault is InputException or StoreLocationException)
        {
            problem = fault.Message;
            store = null!;
        }
        if (problem.Length > 0)
        {
            // Nothing is wrong with a machine on which nothing was imported yet.
            var unmade = !Directory.Exists(location) && !location.Contains(':', StringComparison.Ordinal);
            yield return new Finding("store", unmade, unmade ? $"{location} is not there yet" : problem, unmade
                ? "It is made by: tagging dataset import DIR --name NAME"
                : $"Name another with --store or ${StoreOption.Variable}.");
            yield break;
        }
        yield return Folder(store);
        yield return Clock(store);
    }

    private static Finding Folder(Store store)
    {
        var free = new DriveInfo(store.Root).AvailableFreeSpace;
        var hosts = StoreHost.Living(store.Root);
        var who = hosts.Length == 0 ? "nobody" : $"process {string.Join(", ", hosts.Select(host => Figures.Count(host.Process)))}";
        var found = $"{store.Location}, {Figures.Bytes(free)} free, hosted by {who}";
        return free < LeastFree
            ? new Finding("store", false, found, "Free some space: tagging store gc --delete, or move the store.")
            : new Finding("store", true, found);
    }

    private static Finding Clock(Store store)
    {
        var path = Path.Combine(store.Scratch, $"doctor-{Guid.NewGuid():N}");
        try
        {
            File.WriteAllText(path, "");
            var skew = (File.GetLastWriteTimeUtc(path) - DateTime.UtcNow).Duration();
            var built = File.GetLastWriteTimeUtc(typeof(DoctorCommand).Assembly.Location);
            var good = skew < MostSkew && DateTime.UtcNow > built.AddDays(-1);
            return new Finding(
                "clock",
                good,
                string.Create(
                    CultureInfo.InvariantCulture, $"{DateTime.UtcNow:yyyy-MM-dd HH:mm:ss} UTC, {skew.TotalSeconds:0.0} s off the store's"),
                good ? null : "Let the machine keep time by NTP: timedatectl set-ntp true");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return new Finding("store", false, fault.Message, $"Give this user the right to write to {store.Root}.");
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static Finding PortOf(string what, int port, ParseResult line)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return new Finding("port", true, $"{Figures.Count(port)} for {what} is free");
        }
        catch (SocketException)
        {
            var location = StoreOption.Location(line);
            var ours = Directory.Exists(location) && StoreHost.Living(location).Length > 0;
            return new Finding("port", true, $"{Figures.Count(port)} for {what} is in use", ours
                ? null
                : "Where that is no silo of yours, give silo start other ports: --silo-port, --gateway-port, --http.");
        }
    }

    private sealed record Probe(int Threads, double ProductGflops, double ConvolutionGflops, int CudaDevices, bool? HasCxxVersion);
}
