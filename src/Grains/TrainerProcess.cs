using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Options;
using OrleansTagging.Recipe;

namespace OrleansTagging.Grains;

/// <summary>
/// Runs Trainer processes and follows them line by line. A Trainer ends with its standard input, which is held open while it works: it
/// does not outlive a silo that was killed.
/// </summary>
public sealed class TrainerProcess(IOptions<TaggingOptions> options) : ITrainer, IDisposable
{
    private const int LinesKept = 200;
    private const int BadInputCode = 2;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    private readonly ConcurrentDictionary<Process, byte> _running = new();
    private readonly CancellationTokenSource _leaving = new();

    /// <inheritdoc/>
    public async Task<TrainerOutcome> RunAsync(JobDocument document, string device, Action<TrainerMessage> heard, CancellationToken stop)
    {
        var watch = Stopwatch.StartNew();
        using var process = new Process { StartInfo = StartOf(document, device) };
        var errors = new Queue<string>();
        try
        {
            process.Start();
        }
        catch (Exception fault) when (fault is System.ComponentModel.Win32Exception or InvalidOperationException)
        {
            return new TrainerOutcome
            {
                Error = $"the Trainer '{options.Value.TrainerPath}' cannot be started: {fault.Message}",
                LastOutput = [],
                Seconds = watch.Elapsed.TotalSeconds,
            };
        }
        _running[process] = 0;
        var memoryKills = KernelMemory.Kills();
        try
        {
            using var hang = CancellationTokenSource.CreateLinkedTokenSource(stop, _leaving.Token);
            hang.CancelAfter(options.Value.StartPatience);
            var errorLines = KeepLastLinesAsync(process.StandardError, errors);
            TrainerMessage? end = null;
            long? peak = null;
            var hung = false;
            try
            {
                await SendAsync(process, document);
                while (await process.StandardOutput.ReadLineAsync(hang.Token) is { } line)
                {
                    hang.CancelAfter(options.Value.Hang);
                    if (TrainerMessage.TryParse(line) is not { } message)
                    {
                        continue;
                    }
                    peak = message.PeakMemory ?? peak;
                    if (message.Kind is "result" or "error")
                    {
                        end = message;
                    }
                    heard(message);
                }
                await process.WaitForExitAsync(hang.Token);
            }
            catch (OperationCanceledException)
            {
                hung = !stop.IsCancellationRequested && !_leaving.IsCancellationRequested;
                await EndAsync(process);
            }
            await errorLines.WaitAsync(options.Value.StopPatience, CancellationToken.None)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var stopped = stop.IsCancellationRequested || _leaving.IsCancellationRequested;
            return Outcome(
                process.ExitCode, end, [.. Lines(errors)], watch.Elapsed.TotalSeconds, stopped, hung, KernelMemory.Kills() > memoryKills) with
            { PeakMemory = peak };
        }
        finally
        {
            _running.TryRemove(process, out _);
        }
    }

    /// <summary>
    /// Tells every Trainer of this silo to leave a checkpoint and end, also those that are still to come, and waits until they have ended.
    /// </summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        await _leaving.CancelAsync();
        while (!_running.IsEmpty)
        {
            await Task.Delay(LookEvery, cancellationToken);
        }
    }

    /// <summary>Ends every Trainer of this silo.</summary>
    public void Dispose()
    {
        foreach (var process in _running.Keys)
        {
            Kill(process);
        }
    }

    private static TrainerOutcome Outcome(
        int code, TrainerMessage? end, string[] output, double seconds, bool stopped, bool hung, bool lackedMemory)
    {
        // One that was done before it heard the word to stop has done its work.
        var result = code == 0 ? end?.Result : null;
        return new TrainerOutcome
        {
            ExitCode = code,
            Result = result,
            Error = result is not null ? null
                : stopped ? "stopped"
                : hung ? "the Trainer hung and was ended"
                : end?.Error ?? output.LastOrDefault(line => line.Length > 0) ?? "the Trainer ended without a word",
            BadInput = !stopped && (code == BadInputCode || end?.BadInput == true),
            Stopped = stopped && result is null,
            Hung = hung,
            KernelLackedMemory = lackedMemory,
            LastOutput = output,
            Seconds = end?.Seconds ?? seconds,
        };
    }

    private ProcessStartInfo StartOf(JobDocument document, string device)
    {
        var path = options.Value.TrainerPath;
        var library = path.EndsWith(".dll", StringComparison.OrdinalIgnoreCase);
        var start = new ProcessStartInfo(library ? options.Value.DotnetPath : path)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        if (library)
        {
            start.ArgumentList.Add(path);
        }
        start.ArgumentList.Add("run");
        start.ArgumentList.Add("--store");
        start.ArgumentList.Add(options.Value.Store);
        if (options.Value.CheckpointSeconds is { } pace)
        {
            start.ArgumentList.Add("--checkpoint-seconds");
            start.ArgumentList.Add(pace.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }
        start.Environment["OMP_NUM_THREADS"] = document.Threads.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (device.StartsWith("cuda:", StringComparison.Ordinal))
        {
            // The job's document says cuda; which one is the lease's choice and no part of the result.
            start.Environment["CUDA_VISIBLE_DEVICES"] = device["cuda:".Length..];
        }
        return start;
    }

    private static async Task SendAsync(Process process, JobDocument document)
    {
        try
        {
            await process.StandardInput.WriteLineAsync(document.ToJson());
            await process.StandardInput.FlushAsync();
        }
        catch (IOException)
        {
            // It ended before it read its job; its exit code and last lines tell why.
        }
    }

    private static async Task KeepLastLinesAsync(StreamReader reader, Queue<string> lines)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (lines)
            {
                lines.Enqueue(line);
                if (lines.Count > LinesKept)
                {
                    lines.Dequeue();
                }
            }
        }
    }

    private static string[] Lines(Queue<string> lines)
    {
        lock (lines)
        {
            return [.. lines];
        }
    }

    private async Task EndAsync(Process process)
    {
        try
        {
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // Its end of the pipe is gone already.
        }
        using var patience = new CancellationTokenSource(options.Value.StopPatience);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            Kill(process);
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception fault) when (fault is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // It has ended, or ends just now.
        }
    }
}
