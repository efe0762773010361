using System.Text.Json;
using OrleansTagging.Abstractions;
using OrleansTagging.Grains;
using OrleansTagging.Recipe;

namespace OrleansTagging.Rules.Tests;

/// <summary>
/// An experiment's life by its rules, beside the scheduler's queue: its calls wait for turns, and pause, cancel and priority tell the scheduler
/// at once. Writes, calls to the scheduler and the reminder may fail, a call may come late, the activation may die.
/// </summary>
internal sealed class ExperimentWorld
{
    private const string Name = "demo";
    private const int JobsOfAttempt = 3;

    private static readonly string[] s_yamls =
    [
        Experiments.Yaml(Experiments.Curriculum), Experiments.Yaml("main: {scorer: mel, rounds: [4, 8, 12]}"),
        Experiments.Yaml(Experiments.Curriculum, more: "priority: 2"),
    ];

    private static readonly ExperimentFile[] s_files = [.. s_yamls.Select(yaml => ExperimentFile.Parse(yaml, "demo.yaml"))];

    private readonly JobQueue _queue = new(TimeSpan.MaxValue);
    private readonly Queue<Action> _turns = [];
    private readonly List<ExperimentStanding> _late = [];
    private readonly HashSet<string> _results = [];
    private readonly Dictionary<string, long> _leases = [];
    private readonly List<int> _unanswered = [];
    private ExperimentState _state = new();
    private string _disk = JsonSerializer.Serialize(new ExperimentState());
    private StandingNews _news = null!;
    private bool _hasReminder;
    private Fails _fails;
    private int _attempts;
    private int _holds;
    private bool _isHeld;
    private bool _userPaused;
    private bool _wasLate;

    /// <summary>What fails next, once.</summary>
    [Flags]
    public enum Fails
    {
        None = 0, Write = 1, Scheduler = 2, SchedulerLate = 4, Reminder = 8, DiesAfterWrite = 16,
    }

    private sealed class FaultException(string message) : Exception(message);

    public ExperimentWorld()
    {
        Read();
        _queue.Announce(Jobs.Silo(0, cpu: 2), DateTimeOffset.UnixEpoch);
    }

    public static int Files => s_files.Length;

    public ExperimentState State => _state;

    public bool HasReminder => _hasReminder;

    public void Fail(Fails what) => _fails |= what;

    /// <summary>A user submits a file; there may be several users.</summary>
    public void Submit(int file)
    {
        _unanswered.Add(file);
        _turns.Enqueue(() =>
        {
            OnSubmit(file);
            _unanswered.Remove(file);
        });
    }

    public void Pause() => Hold(ExperimentStatus.Paused);

    public void Cancel() => Hold(ExperimentStatus.Cancelled);

    public void Resume() => _turns.Enqueue(OnResume);

    public void Wake() => _turns.Enqueue(() => Take(ExperimentRules.OnWake(_state)));

    public void Remind()
    {
        if (_hasReminder)
        {
            _turns.Enqueue(() =>
            {
                _news.Forget();
                Take(ExperimentRules.OnReminder(_state));
                _wasLate = _late.Count > 0;
            });
        }
    }

    /// <summary>The next call has its turn.</summary>
    public void Turn()
    {
        if (_turns.TryDequeue(out var turn))
        {
            Call(turn);
        }
        Grant();
        Check();
    }

    /// <summary>A call to the scheduler comes that had timed out.</summary>
    public void ComeLate()
    {
        if (_late.Count > 0)
        {
            _queue.Set(_late[0]);
            _late.RemoveAt(0);
        }
        Grant();
    }

    /// <summary>The activation dies with the calls that waited for it; the next one reads what is stored.</summary>
    public void Die()
    {
        _turns.Clear();
        (_holds, _isHeld) = (0, false);
        Read();
    }

    /// <summary>A job at work ends; recalled ones give their device back.</summary>
    public void EndJob()
    {
        if (_leases.FirstOrDefault() is { Key: { } job } lease)
        {
            _leases.Remove(job);
            var isRecalled = _queue.Recalled.Any(recalled => recalled.Epoch == lease.Value);
            _queue.Finish(job, lease.Value, again: isRecalled);
            if (!isRecalled)
            {
                _results.Add(job);
                Wake();
            }
        }
        Grant();
    }

    /// <summary>Nothing fails any more, and users who had no answer ask again: what runs ends, and nothing is left of it.</summary>
    public void ComeToAnEnd()
    {
        _fails = Fails.None;
        Drain();
        foreach (var file in _unanswered.ToArray())
        {
            Submit(file);
        }
        while (_late.Count > 0)
        {
            ComeLate();
        }
        Drain();
        for (var times = 0; times < 3 * JobsOfAttempt; times++)
        {
            Remind();
            EndJob();
            Drain();
        }
        Assert.True(_state.Status != ExperimentStatus.Running, "it runs for ever");
        Assert.False(_state.StopsParts, "its parts are never told that it has ended");
        Assert.True(_hasReminder == (_state.Status == ExperimentStatus.Paused), $"it is {_state.Status}, reminder: {_hasReminder}");
        Assert.True(_state.Status != ExperimentStatus.Paused || _queue.Standings.Any(standing => standing.Paused), "the scheduler grants it jobs");
        Assert.True(_state.Status == ExperimentStatus.Paused || _queue.Count == 0, "jobs are left of it");
        // One that came after the end stays until the next submission; no job waits for it.
        Assert.True(_state.Status == ExperimentStatus.Paused || _wasLate || !_queue.Standings.Any(), "a standing is left of it");
    }

    private ExperimentStanding Standing => ExperimentRules.StandingOf(Name, _state, isHeld: _holds > 0);

    private void Hold(ExperimentStatus wish) => Call(() =>
    {
        _holds++;
        try
        {
            if (_state.Status == ExperimentStatus.Running)
            {
                Tell(Standing);
                _isHeld = true;
            }
        }
        catch
        {
            _holds--;
            throw;
        }
        var activation = _news;
        _turns.Enqueue(() =>
        {
            try
            {
                Become(wish);
            }
            finally
            {
                // One that has died meanwhile holds nothing any more.
                _holds -= _news == activation ? 1 : 0;
                _isHeld &= _holds > 0;
            }
            Tell(Standing);
        });
    });

    private void Drain()
    {
        while (_turns.Count > 0)
        {
            Turn();
        }
    }

    private void OnSubmit(int file)
    {
        var before = JsonSerializer.Serialize(_state);
        var attempt = _state.Context?.Attempt;
        var step = ExperimentRules.OnSubmit(_state, s_files[file], Experiments.Dataset.Version);
        switch (step)
        {
            case SubmissionStep.Resume:
                TakePriorityOf(s_files[file]);
                OnResume();
                Assert.Equal((ExperimentStatus.Running, attempt), (_state.Status, _state.Context!.Attempt));
                break;
            case SubmissionStep.Wake:
                if (_state.Status == ExperimentStatus.Running)
                {
                    Remember();
                    TakePriorityOf(s_files[file]);
                    Assert.True(_hasReminder, "it runs, and nobody would wake it");
                }
                Wake();
                Assert.Equal(attempt, _state.Context!.Attempt);
                break;
            case SubmissionStep.Begin:
                if (_state.StopsParts)
                {
                    StopParts();
                }
                _userPaused = false;
                var context = Experiments.Context(Experiments.Curriculum, "a", $"attempt{++_attempts}") with { Yaml = s_yamls[file] };
                _state.Begin(context, s_files[file].Priority, DateTimeOffset.UnixEpoch.AddSeconds(_attempts));
                Save();
                Remember();
                _news.Forget();
                Tell(Standing);
                Wake();
                Assert.True(_hasReminder, "it runs, and nobody would wake it");
                Assert.DoesNotContain(_queue.Waiting, waiting => waiting.Request.Attempt != context.Attempt);
                break;
            default:
                Assert.Equal(before, JsonSerializer.Serialize(_state));
                break;
        }
    }

    private void OnResume()
    {
        if (_state.Status == ExperimentStatus.Paused)
        {
            Remember();
            _userPaused = false;
            _state.Status = ExperimentStatus.Running;
            Save();
            _news.Forget();
            Tell(Standing);
            Wake();
        }
    }

    private void Become(ExperimentStatus wish)
    {
        var was = _state.Status;
        switch (ExperimentRules.Becomes(_state, wish, hasFailed: false))
        {
            case ExperimentStatus.Cancelled:
                _userPaused = false;
                _state.End(ExperimentStatus.Cancelled);
                Save();
                StopParts();
                break;
            case ExperimentStatus.Paused:
                _state.Status = ExperimentStatus.Paused;
                Save();
                break;
            default:
                Assert.Equal(was, _state.Status);
                break;
        }
        Tell(Standing);
        _userPaused = _state.Status == ExperimentStatus.Paused;
    }

    private void Take(ExperimentStep step)
    {
        switch (step)
        {
            case ExperimentStep.Drive:
                Drive();
                break;
            case ExperimentStep.StayPaused:
                Tell(Standing);
                break;
            case ExperimentStep.StopParts:
                StopParts();
                break;
            default:
                Tell(Standing);
                Forget();
                break;
        }
    }

    private void Drive()
    {
        if (_state.Status != ExperimentStatus.Running)
        {
            return;
        }
        Remember();
        Tell(Standing);
        // Jobs of another file are others.
        var file = Array.IndexOf(s_yamls, _state.Context!.Yaml);
        var jobs = Enumerable.Range(0, JobsOfAttempt).Select(job => $"cpu-{file}{job}").Where(job => !_results.Contains(job)).ToArray();
        if (jobs.Length == 0)
        {
            _state.Status = ExperimentStatus.Done;
            Save();
            Tell(Standing);
            Forget();
            return;
        }
        foreach (var job in jobs)
        {
            var ticket = Jobs.Ticket(0, 0);
            _queue.Enqueue(ticket with
            {
                Request = ticket.Request with
                {
                    Job = job, Slots = 1, Attempt = _state.Context.Attempt,
                    Parent = new Parent { Kind = ParentKind.Fold, Key = $"{Name}/file{file}/curated/0" },
                },
            });
        }
    }

    private void StopParts()
    {
        Scheduled(() => _queue.Cancel(Name));
        _state.StopsParts = false;
        Save();
        Tell(Standing);
        Forget();
    }

    private void TakePriorityOf(ExperimentFile file)
    {
        if (file.Priority is { } priority && _state.Priority != priority)
        {
            _state.Priority = priority;
            Save();
            Tell(Standing);
        }
    }

    private void Remember()
    {
        FailIf(Fails.Reminder);
        _hasReminder = true;
    }

    private void Forget() => _hasReminder = false;

    private void Tell(ExperimentStanding standing) => _news.Tell(standing).GetAwaiter().GetResult();

    private void Scheduled(Action call)
    {
        FailIf(Fails.Scheduler);
        call();
    }

    private void Save()
    {
        if (_fails.HasFlag(Fails.Write))
        {
            _state = JsonSerializer.Deserialize<ExperimentState>(_disk)!;
        }
        FailIf(Fails.Write);
        _disk = JsonSerializer.Serialize(_state);
        if (_fails.HasFlag(Fails.DiesAfterWrite))
        {
            Die();
        }
        FailIf(Fails.DiesAfterWrite);
    }

    private void Read()
    {
        _state = JsonSerializer.Deserialize<ExperimentState>(_disk)!;
        _news = new StandingNews(standing =>
        {
            if (_fails.HasFlag(Fails.SchedulerLate))
            {
                _late.Add(standing);
                _wasLate = true;
            }
            FailIf(Fails.SchedulerLate);
            Scheduled(() => _queue.Set(standing));
            return Task.CompletedTask;
        });
    }

    private void FailIf(Fails what)
    {
        if (_fails.HasFlag(what))
        {
            _fails &= ~what;
            throw new FaultException(what.ToString());
        }
    }

    /// <summary>A call; its caller hears of a fault.</summary>
    private static void Call(Action call)
    {
        try
        {
            call();
        }
        catch (FaultException)
        {
            // Whoever called asks again, or the reminder does.
        }
    }

    private void Grant()
    {
        foreach (var lease in _queue.Grant(DateTimeOffset.UnixEpoch))
        {
            Assert.True(!(_userPaused || _isHeld) || _wasLate, "it was paused, and a job begins");
            Assert.True(_state.Status != ExperimentStatus.Cancelled || _wasLate, "it was cancelled, and a job begins");
            _leases[lease.Request.Job] = lease.Epoch;
        }
    }

    private void Check()
    {
        // Where the scheduler's answer was lost, it is told again by the reminder.
        Assert.True(_state.Status is not (ExperimentStatus.Running or ExperimentStatus.Paused) || _state.Context is not null, "nobody submitted it");
        Assert.True(!_userPaused || _wasLate || _queue.Standings.Any(standing => standing.Paused), "it was paused, and the scheduler has not heard");
    }
}
