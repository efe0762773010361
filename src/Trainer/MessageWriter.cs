using OrleansTagging.Recipe;

namespace OrleansTagging.Trainer;

/// <summary>
/// Writes what the Trainer says, a JSON object a line: progress at most a few times a second, and where there is none, a sign of life every
/// other second. A job that has not moved on for long gives no sign any more, so that whoever follows it can tell that it hangs.
/// </summary>
internal sealed class MessageWriter : IDisposable
{
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan _silence = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(10);

    private readonly Lock _turn = new();
    private readonly TextWriter _output;
    private readonly TimeProvider _time;
    private readonly long _begin;
    private readonly ITimer _life;
    private TrainerMessage? _last;
    private TimeSpan _moved;
    private TimeSpan _written = -_pause;

    /// <summary>Begins to write.</summary>
    public MessageWriter(TextWriter output, TimeProvider time)
    {
        (_output, _time, _begin) = (output, time, time.GetTimestamp());
        _life = time.CreateTimer(_ => SignOfLife(), null, _silence, _silence);
    }

    private TimeSpan Now => _time.GetElapsedTime(_begin);

    /// <summary>Says where the job stands, unless it said so just before.</summary>
    public void Progress(TrainerMessage message)
    {
        lock (_turn)
        {
            (_last, _moved) = (message, Now);
            if (Now - _written >= _pause)
            {
                Write(message);
            }
        }
    }

    /// <summary>Says what the job waits for.</summary>
    public void Waiting(string line) => Write(new TrainerMessage { Kind = "waiting", Error = line });

    /// <summary>Says what the job left behind.</summary>
    public void Result(JobResult result) => End(new TrainerMessage { Kind = "result", Result = result });

    /// <summary>Says why the job failed.</summary>
    public void Error(string line, bool badInput) => End(new TrainerMessage { Kind = "error", Error = line, BadInput = badInput });

    /// <summary>Ends the signs of life.</summary>
    public void Dispose() => _life.Dispose();

    private void SignOfLife()
    {
        lock (_turn)
        {
            if (_last is not null && Now - _written >= _silence && Now - _moved < _patience)
            {
                Write(_last with { Idle = Math.Round((Now - _moved).TotalSeconds, 3) });
            }
        }
    }

    private void End(TrainerMessage message)
    {
        lock (_turn)
        {
            _last = null;
            Write(message);
        }
    }

    private void Write(TrainerMessage message)
    {
        _written = Now;
        _output.WriteLine((message with { PeakMemory = ProcessMemory.Peak(), Seconds = Math.Round(Now.TotalSeconds, 3) }).ToLine());
        _output.Flush();
    }
}
