using System.Text.Json;
using OrleansTagging.Abstractions;
using OrleansTagging.Grains;
using OrleansTagging.Recipe;

namespace OrleansTagging.Rules.Tests;

/// <summary>What an experiment's grain does in its turns, by <see cref="ExperimentRules"/>.</summary>
internal sealed partial class ExperimentWorld
{
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
}
