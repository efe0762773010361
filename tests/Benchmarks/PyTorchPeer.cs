using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace OrleansTagging.Benchmarks;

/// <summary>The same training step in the system's PyTorch.</summary>
internal sealed class PyTorchPeer
{
    /// <summary>Names another Python than the system's.</summary>
    private const string Variable = "BENCHMARK_PYTHON";

    private readonly string _folder;

    private PyTorchPeer(string folder) => _folder = folder;

    public string Version { get; private set; } = "";

    public int OwnThreads { get; private set; } = Environment.ProcessorCount;

    private static string Python => Environment.GetEnvironmentVariable(Variable) ?? "/usr/bin/python3";

    /// <summary>The peer, or <c>null</c> where Python or its torch is missing.</summary>
    public static PyTorchPeer? Find(string folder)
    {
        try
        {
            return Run(["-c", "import torch; print(torch.__version__)"]) is { } version
                ? new PyTorchPeer(folder) { Version = version.Trim() }
                : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    /// <summary>A round of steps.</summary>
    /// <param name="threads">Threads; <c>null</c> for PyTorch's own choice.</param>
    /// <param name="tuned">Whether it gets the channels last in memory.</param>
    /// <param name="loss">Loss of the first batch, which it must find, too.</param>
    /// <param name="times">Takes the times.</param>
    public void Measure(int? threads, bool tuned, double loss, StepTimes times)
    {
        List<string> arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "training_step.py"), _folder,
            "--steps", TrainingStep.Steps.ToString(CultureInfo.InvariantCulture),
            "--warmup", TrainingStep.Warmup.ToString(CultureInfo.InvariantCulture),
        ];
        if (threads is { } count)
        {
            arguments.AddRange(["--threads", count.ToString(CultureInfo.InvariantCulture)]);
        }
        if (tuned)
        {
            arguments.Add("--channels-last");
        }
        var answer = JsonDocument.Parse(Run(arguments) ?? throw new InvalidOperationException("The Python peer failed.")).RootElement;
        var found = answer.GetProperty("loss").GetDouble();
        if (Math.Abs(found - loss) > 1e-3 * Math.Abs(loss))
        {
            throw new InvalidOperationException($"The peer's network is another: its first loss is {found}, ours {loss}.");
        }
        if (!tuned)
        {
            OwnThreads = answer.GetProperty("threads").GetInt32();
        }
        times.Add(Figures("seconds"), Figures("processor"));

        IEnumerable<double> Figures(string name) => answer.GetProperty(name).EnumerateArray().Select(figure => figure.GetDouble());
    }

    /// <summary>What a script prints; <c>null</c>, and its last line on standard error, where it fails.</summary>
    public static string? Run(IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Python, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode == 0)
        {
            return output;
        }
        Console.Error.WriteLine(errors.GetAwaiter().GetResult().TrimEnd().Split('\n')[^1]);
        return null;
    }
}
