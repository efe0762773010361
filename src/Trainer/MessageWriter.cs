using System.Diagnostics;
using OrleansTagging.Recipe;

namespace OrleansTagging.Trainer;

/// <summary>Writes what the Trainer says, a JSON object a line; progress at most a few times a second.</summary>
internal sealed class MessageWriter(TextWriter output)
{
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(250);

    private readonly Stopwatch _since = Stopwatch.StartNew();
    private TimeSpan _next;

    /// <summary>Says where the job stands, unless it said so just before.</summary>
    public void Progress(TrainerMessage message)
    {
        if (_since.Elapsed >= _next)
        {
            _next = _since.Elapsed + _pause;
            Write(message);
        }
    }

    /// <summary>Says what the job left behind.</summary>
    public void Result(JobResult result) => Write(new TrainerMessage { Kind = "result", Result = result });

    /// <summary>Says why the job failed.</summary>
    public void Error(string line, bool badInput) => Write(new TrainerMessage { Kind = "error", Error = line, BadInput = badInput });

    private void Write(TrainerMessage message)
    {
        output.WriteLine((message with { PeakMemory = ProcessMemory.Peak(), Seconds = Math.Round(_since.Elapsed.TotalSeconds, 3) }).ToLine());
        output.Flush();
    }
}
