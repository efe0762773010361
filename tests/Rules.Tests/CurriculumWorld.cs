using System.Text.Json;
using OrleansTagging.Abstractions;
using OrleansTagging.Grains;

namespace OrleansTagging.Rules.Tests;

/// <summary>
/// A curriculum's steps on a state that is written as JSON and read again, with folds that end when they like. What a fold predicts and a
/// round promotes follows from what it was asked for, so that another order of things would show.
/// </summary>
internal sealed class CurriculumWorld
{
    public const int Folds = 2;
    private const string Name = "main";

    private static readonly string[] s_steps = ["train", "score", "rank", "done"];

    // The first is extended by the second; the others change a round, what becomes of the rest, when rounds end, or the folds.
    private static readonly (string Settings, string Assignments)[] s_files =
    [
        ("rounds: [4, 8]", "a"), ("rounds: [4, 8, 12]", "a"), ("rounds: [4, 6], rest: relabel", "a"), ("rounds: [4, 8], rest: merge", "a"),
        ("rounds: [4, 8, 16], rest: relabel", "a"), ("rounds: [4, 8], divergence_stop: {dropped: 0.5}", "a"), ("rounds: [4, 8], rest: relabel", "b"),
    ];

    private readonly HashSet<string> _ended = [];
    private readonly Dictionary<int, (int Round, string Predictions)> _scored = [];
    private CurriculumState _state = new();
    private RoundRecord[] _roundsBefore = [];
    private RelabelRecord? _restBefore;
    private string _disk = JsonSerializer.Serialize(new CurriculumState());
    private bool _failsNextWrite;
    private bool _foldsEndAtOnce;
    private int _attempts;

    /// <summary>Number of files that may be submitted.</summary>
    public static int Files => s_files.Length;

    /// <summary>What a curriculum of a file comes to that nothing disturbs.</summary>
    public static string Undisturbed(int file)
    {
        var world = new CurriculumWorld();
        return world.ComeToAnEnd(file);
    }

    /// <summary>A file is submitted, the same as before or another.</summary>
    public void Submit(int file)
    {
        var request = Request(file, $"attempt{++_attempts}");
        new CurriculumSteps(_state, request).Take();
        if (Save(isTaken: true))
        {
            Drive();
        }
    }

    /// <summary>It is woken, asked for again, or tried again after a fault.</summary>
    public void Drive()
    {
        while (_state.Request is { } request && Advance(request, new CurriculumSteps(_state, request)) && Save(isTaken: false))
        {
        }
    }

    public void Stop()
    {
        if (_state.Request is { } request && !new CurriculumSteps(_state, request).Done)
        {
            _state.StoppedFor = request.Context.Attempt;
            Save(isTaken: false);
        }
    }

    /// <summary>A fold of the scorer that is being trained has ended.</summary>
    public void EndFold(int fold)
    {
        if (_state.Request is { } request && new CurriculumSteps(_state, request).Training is { } selection)
        {
            _ended.Add(FoldKey(request, selection, fold));
        }
    }

    public void Crash() => Read();

    public void FailNextWrite() => _failsNextWrite = true;

    /// <summary>The file is submitted, all folds end, nothing goes wrong; what is stored then, without what names an attempt.</summary>
    public string ComeToAnEnd(int file)
    {
        (_failsNextWrite, _foldsEndAtOnce) = (false, true);
        Submit(file);
        Assert.True(new CurriculumSteps(_state, _state.Request!).Done, "it does not come to its end");
        return JsonSerializer.Serialize(new { _state.Rounds, _state.Rest, _state.Shards, _state.CutFrom });
    }

    private bool Advance(CurriculumRequest request, CurriculumSteps steps)
    {
        Assert.True(_state.StoppedFor != request.Context.Attempt || steps.Next == CurriculumStep.None, "it was stopped and goes on");
        switch (steps.Next)
        {
            case CurriculumStep.Cut:
                steps.Cut([.. Enumerable.Range(0, 2).Select(shard => new NoisyShard
                {
                    Clips = $"{request.Context.Folds.Assignments}/{shard}", Count = 10, First = $"{shard}0", Before = 10 * shard,
                })]);
                return true;
            case CurriculumStep.BeginRound:
                steps.BeginRound();
                return true;
            case CurriculumStep.Train:
                if (Trained(request, _state.Rounds[^1].Record.ScorerSelection, steps.PromotedBefore(_state.Rounds.Count)) is not { } folds)
                {
                    return false;
                }
                steps.Trained(folds, 0.5, null);
                return true;
            case CurriculumStep.Score:
                foreach (var shard in Enumerable.Range(0, _state.Shards.Count))
                {
                    _scored[shard] = (_state.Rounds.Count, Predictions(_state.Rounds[^1].Folds));
                }
                steps.Scored();
                return true;
            case CurriculumStep.Rank:
                steps.Ranked(Promote(request, _state.Rounds[^1], steps));
                return true;
            case CurriculumStep.BeginRest:
                steps.BeginRest();
                return true;
            case CurriculumStep.TrainRest:
                if (Trained(request, _state.Rest!.Record.ScorerSelection, steps.LastGood?.Selection) is not { } restFolds)
                {
                    return false;
                }
                steps.RestTrained(restFolds, 0.5, null);
                return true;
            case CurriculumStep.Relabel:
                steps.Relabelled(_state.Rest!.Record with
                {
                    Selection = Fingerprint.Of(Predictions(_state.Rest.Folds), steps.LastGood?.Selection, _state.Rest.Record.Rest),
                });
                return true;
            default:
                return false;
        }
    }

    private FoldRecord[]? Trained(CurriculumRequest request, string selection, string? promoted)
    {
        Assert.True((selection == "curated") == (promoted is null), $"{selection} is trained with {promoted ?? "nothing"}");
        var keys = Enumerable.Range(0, Folds).Select(fold => FoldKey(request, selection, fold)).ToArray();
        return !_foldsEndAtOnce && !Array.TrueForAll(keys, _ended.Contains) ? null : [.. keys.Select((key, fold) => new FoldRecord
        {
            Owner = "main.scorer", Selection = selection, Fold = fold, Done = true, NoisyPredictions = Fingerprint.Of(key, promoted),
        })];
    }

    private RoundRecord Promote(CurriculumRequest request, CurriculumRound round, CurriculumSteps steps)
    {
        Assert.True(round.Folds.Length == Folds && Array.TrueForAll(round.Folds, fold => fold.Done), "it promotes before all folds are done");
        Assert.All(Enumerable.Range(0, _state.Shards.Count), shard => Assert.Equal((round.Record.Round, Predictions(round.Folds)), _scored[shard]));
        var stops = request.Context.File().Curricula[Name].DivergenceStop is not null;
        return round.Record with
        {
            Promoted = round.Record.K,
            Selection = Fingerprint.Of(Predictions(round.Folds), round.Record.K, steps.PromotedBefore(round.Record.Round)),
            Diverged = stops && round.Record.Round == 2 ? "it diverged" : null,
        };
    }

    /// <summary>Writes the state, if the store takes it; otherwise it is read afresh.</summary>
    private bool Save(bool isTaken)
    {
        if (_failsNextWrite)
        {
            _failsNextWrite = false;
            Read();
            return false;
        }
        if (!isTaken)
        {
            CheckStep();
        }
        _disk = JsonSerializer.Serialize(_state);
        Note();
        return true;
    }

    private void Read()
    {
        _state = JsonSerializer.Deserialize<CurriculumState>(_disk)!;
        Note();
    }

    private void Note() => (_roundsBefore, _restBefore) = ([.. _state.Rounds.Select(round => round.Record)], _state.Rest?.Record);

    /// <summary>One write takes one step: none is skipped, none is done again, and what was promoted stays so.</summary>
    private void CheckStep()
    {
        var steps = 0;
        Assert.InRange(_state.Rounds.Count, _roundsBefore.Length, _roundsBefore.Length + 1);
        for (var at = 0; at < _state.Rounds.Count; at++)
        {
            var (before, now) = (_roundsBefore.ElementAtOrDefault(at), _state.Rounds[at].Record);
            var taken = StepOf(now) - (before is null ? -1 : StepOf(before));
            Assert.InRange(taken, 0, 1);
            Assert.True(taken == 1 || before == now, $"round {now.Round} changed without a step");
            Assert.True(before is null || before.Selection is null || before.Selection == now.Selection, "what was promoted has changed");
            Assert.True(at == 0 || _state.Rounds[at - 1].Record.Step == "done", $"round {now.Round} began before the one before was done");
            steps += taken;
        }
        var (restBefore, rest) = (RestStepOf(_restBefore), RestStepOf(_state.Rest?.Record));
        Assert.InRange(rest - restBefore, 0, 1);
        Assert.True(rest == 0 || _state.Rounds is [.., { Record.Step: "done" or "diverged" }], "the rest began before the rounds had ended");
        Assert.InRange(steps + rest - restBefore, 0, 1);
    }

    private static int StepOf(RoundRecord round) => round.Step == "diverged" ? s_steps.Length - 1 : Array.IndexOf(s_steps, round.Step);

    private static int RestStepOf(RelabelRecord? rest) => rest is null ? 0 : 1 + Array.IndexOf(["train", "relabel", "done"], rest.Step);

    private static string Predictions(FoldRecord[] folds) => string.Join(' ', folds.Select(fold => fold.NoisyPredictions));

    // Other folds of the dataset are other trainings.
    private static string FoldKey(CurriculumRequest request, string selection, int fold) =>
        $"{request.Context.Folds.Assignments} {selection} {fold}";

    private static CurriculumRequest Request(int file, string attempt) => new()
    {
        Context = Experiments.Context($"main: {{scorer: mel, {s_files[file].Settings}}}", s_files[file].Assignments, attempt),
        Curriculum = Name,
    };
}
