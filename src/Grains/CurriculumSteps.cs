using OrleansTagging.Abstractions;
using OrleansTagging.Recipe;

namespace OrleansTagging.Grains;

/// <summary>What a curriculum does next.</summary>
internal enum CurriculumStep
{
    /// <summary>Nothing: all is done, or nobody wants it to go on.</summary>
    None,

    /// <summary>It cuts the noisy set into shards.</summary>
    Cut,

    /// <summary>It begins a round.</summary>
    BeginRound,

    /// <summary>It trains the open round's scorer and lets it predict the noisy clips.</summary>
    Train,

    /// <summary>It scores every shard.</summary>
    Score,

    /// <summary>It ranks the noisy clips and promotes the first.</summary>
    Rank,

    /// <summary>It begins with the rest.</summary>
    BeginRest,

    /// <summary>It trains the scorer that relabels the rest.</summary>
    TrainRest,

    /// <summary>It relabels the rest.</summary>
    Relabel,
}

/// <summary>
/// Which step of a curriculum follows from what is stored, and what each step leaves there; free of grains, stores and figures. A round goes
/// from <c>train</c> over <c>score</c> and <c>rank</c> to <c>done</c> or, with a selection that is not used, to <c>diverged</c>, which ends
/// the rounds.
/// </summary>
internal sealed class CurriculumSteps(CurriculumState state, CurriculumRequest request)
{
    private readonly CurriculumSettings _settings = request.Context.File().Curricula[request.Curriculum];

    /// <summary>Whether no round is to come.</summary>
    public bool RoundsHaveEnded => state.Rounds is [.., { Record: var last }]
        && (last.Step == "diverged" || (last.Step == "done" && last.Round == _settings.RoundCount));

    /// <summary>Whether nothing is to come.</summary>
    public bool Done => RoundsHaveEnded && (_settings.Rest == "drop" || state.Rest is { Record.Step: "done" });

    /// <summary>The last round whose promotions may be used; <c>null</c> where there is none.</summary>
    public RoundRecord? LastGood => state.Rounds.FindLast(round => round.Record.Step == "done")?.Record;

    /// <summary>The selection whose training it waits for; <c>null</c> where it waits for none.</summary>
    public string? Training =>
        state.Rounds is [.., { Record: { Step: "train" } open }] ? open.ScorerSelection
        : state.Rest?.Record is { Step: "train" } rest ? rest.ScorerSelection
        : null;

    /// <summary>Address of the clips that the round before a round promoted; <c>null</c> for the first.</summary>
    public string? PromotedBefore(int round) => state.Rounds.ElementAtOrDefault(round - 2)?.Record.Selection;

    /// <summary>The step that follows.</summary>
    public CurriculumStep Next
    {
        get
        {
            if (state.Problem is not null || state.StoppedFor == request.Context.Attempt)
            {
                return CurriculumStep.None;
            }
            // A noisy set without clips has no shards, however often it is cut.
            if (state.Shards.Count == 0 && state.CutFrom != request.Context.Folds.Assignments)
            {
                return CurriculumStep.Cut;
            }
            if (!RoundsHaveEnded)
            {
                return state.Rounds is not [.., { Record.Step: var step }] ? CurriculumStep.BeginRound : step switch
                {
                    "train" => CurriculumStep.Train,
                    "score" => CurriculumStep.Score,
                    "rank" => CurriculumStep.Rank,
                    _ => CurriculumStep.BeginRound,
                };
            }
            return Done ? CurriculumStep.None : state.Rest?.Record.Step switch
            {
                null => CurriculumStep.BeginRest,
                "train" => CurriculumStep.TrainRest,
                _ => CurriculumStep.Relabel,
            };
        }
    }

    /// <summary>Takes the request; drops what would have come out otherwise by its file or its folds.</summary>
    public void Take()
    {
        state.Request = request;
        (state.Problem, state.StoppedFor) = (null, null);
        var changed = state.Rounds.FindIndex(
            round => round.Record.Round > _settings.RoundCount || round.Determined != Determined(round.Record.Round));
        if (changed >= 0)
        {
            state.Rounds.RemoveRange(changed, state.Rounds.Count - changed);
        }
        if (state.Rest is { } rest && (!RoundsHaveEnded || rest.Determined != DeterminedRest()))
        {
            state.Rest = null;
        }
        if (state.CutFrom != request.Context.Folds.Assignments)
        {
            state.Shards = [];
        }
    }

    /// <summary>The shards are cut.</summary>
    public void Cut(List<NoisyShard> shards) => (state.Shards, state.CutFrom) = (shards, request.Context.Folds.Assignments);

    /// <summary>Begins the round after the last.</summary>
    public void BeginRound()
    {
        var number = state.Rounds.Count + 1;
        state.Rounds.Add(new CurriculumRound
        {
            Record = new RoundRecord
            {
                Curriculum = request.Curriculum,
                Round = number,
                K = _settings.Promotes(number, state.Shards.Sum(shard => shard.Count)),
                Step = "train",
                Folds = request.Context.File().Folds,
                ScorerSelection = Selection.After(request.Curriculum, number - 1).ToString(),
            },
            Determined = Determined(number),
        });
    }

    /// <summary>The open round's folds are trained and have predicted.</summary>
    public void Trained(FoldRecord[] folds, double? validation, double? test)
    {
        var round = Open("train");
        round.Folds = folds;
        round.Record = round.Record with
        {
            FoldsDone = folds.Length, CrossValidatedLwlrap = validation, TestLwlrap = test, Step = "score",
        };
    }

    /// <summary>Every shard has kept the open round's scores.</summary>
    public void Scored()
    {
        var round = Open("score");
        round.Record = round.Record with { Step = "rank" };
    }

    /// <summary>The open round has promoted, or diverged.</summary>
    public void Ranked(RoundRecord record) =>
        Open("rank").Record = record with { Step = record.Diverged is null ? "done" : "diverged" };

    /// <summary>Begins with the rest.</summary>
    public void BeginRest() => state.Rest = new CurriculumRest
    {
        Record = new RelabelRecord
        {
            Curriculum = request.Curriculum,
            Rest = _settings.Rest,
            Step = "train",
            Folds = request.Context.File().Folds,
            ScorerSelection = Selection.After(request.Curriculum, LastGood?.Round ?? 0).ToString(),
        },
        Determined = DeterminedRest(),
    };

    /// <summary>The folds that relabel the rest are trained and have predicted.</summary>
    public void RestTrained(FoldRecord[] folds, double? validation, double? test)
    {
        var rest = state.Rest!;
        rest.Folds = folds;
        rest.Record = rest.Record with
        {
            FoldsDone = folds.Length, CrossValidatedLwlrap = validation, TestLwlrap = test, Step = "relabel",
        };
    }

    /// <summary>The rest is relabelled.</summary>
    public void Relabelled(RelabelRecord record) => state.Rest!.Record = record with { Step = "done" };

    private CurriculumRound Open(string step) => state.Rounds is [.., var last] && last.Record.Step == step
        ? last
        : throw new InvalidOperationException($"No round of {request.Curriculum} is at the step {step}.");

    private string Determined(int round) =>
        CurriculumGrain.Determined(_settings, request.Context.Folds, request.Context.Dataset.Version, round);

    private string DeterminedRest() => CurriculumGrain.DeterminedRest(_settings, state.Rounds.Select(round => round.Determined));
}
