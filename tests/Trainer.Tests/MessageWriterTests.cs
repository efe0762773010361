using OrleansTagging.Recipe;

namespace OrleansTagging.Trainer.Tests;

public sealed class MessageWriterTests
{
    private readonly HandClock _clock = new();
    private readonly StringWriter _said = new();

    [Fact]
    public void Progress_is_told_at_most_four_times_a_second()
    {
        using var writer = new MessageWriter(_said, _clock);
        for (var step = 0; step < 100; step++)
        {
            writer.Progress(new TrainerMessage { Kind = "progress", Step = step });
            _clock.Advance(TimeSpan.FromMilliseconds(10));
        }
        Assert.Equal([0, 25, 50, 75], Said().Select(message => message.Step));
    }

    [Fact]
    public void Where_nothing_moves_the_last_progress_is_repeated_as_a_sign_of_life_until_patience_ends()
    {
        using var writer = new MessageWriter(_said, _clock);
        _clock.Advance(TimeSpan.FromSeconds(4));
        Assert.Empty(Said());
        writer.Progress(new TrainerMessage { Kind = "progress", Step = 1 });
        _clock.Advance(TimeSpan.FromMilliseconds(100));
        // Not told, yet it is where the job stands.
        writer.Progress(new TrainerMessage { Kind = "progress", Step = 2 });
        for (var second = 0; second < 1200; second++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
        }
        var said = Said();
        Assert.Null(said[0].Idle);
        Assert.All(said.Skip(1), message => Assert.Equal(2, message.Step));
        Assert.All(said.Zip(said.Skip(1)), pair => Assert.InRange(pair.Second.Seconds!.Value - pair.First.Seconds!.Value, 1.9, 4));
        Assert.InRange(said[^1].Idle!.Value, 590, 600);

        writer.Progress(new TrainerMessage { Kind = "progress", Step = 3 });
        _clock.Advance(TimeSpan.FromSeconds(4));
        Assert.InRange(Said()[^1].Idle!.Value, 1.9, 4);
    }

    [Fact]
    public void Nothing_follows_the_result()
    {
        using var writer = new MessageWriter(_said, _clock);
        writer.Progress(new TrainerMessage { Kind = "progress" });
        writer.Result(new JobResult { Predictions = "none" });
        _clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal("result", Said()[^1].Kind);
    }

    private List<TrainerMessage> Said() =>
        [.. _said.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => TrainerMessage.TryParse(line)!)];

    /// <summary>A clock that stands still until it is advanced, with one timer.</summary>
    private sealed class HandClock : TimeProvider
    {
        private TimeSpan _now;
        private TimeSpan _due;
        private TimeSpan _period;
        private Action _tick = () => { };

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now.Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            (_due, _period, _tick) = (_now + dueTime, period, () => callback(state));
            return new NoTimer();
        }

        public void Advance(TimeSpan time)
        {
            for (var end = _now + time; ; _due += _period)
            {
                if (_due > end)
                {
                    _now = end;
                    return;
                }
                _now = _due;
                _tick();
            }
        }

        private sealed class NoTimer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => false;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
