namespace OrleansTagging.Grains.Tests;

/// <summary>An experiment with every part of the recipe that grains have a hand in.</summary>
internal static class WholeRecipe
{
    public const string Yaml = """
        name: whole
        dataset: tones
        seed: 3
        folds: 2
        holdout: 0.2
        models:
          mel:
            features: mel_1024_512_64
        training:
          epochs: 2
          keep: best
        curricula:
          main:
            scorer: mel
            rounds: [10, 20]
            class_cap: 0.3
            rest: relabel
          own:
            scorer: mel
            round_shares: [0.15, 0.3]
            share: own_fold
            scoring: all_folds
            rest: merge
            labels_per_clip: 1.4
        members:
          seeded: {model: mel, selection: curated, grid: {seed: [3, 4]}}
          last: {model: mel, selection: main@2}
          rest: {model: mel, selection: main@relabelled}
          merged: {model: mel, selection: own@relabelled}
        ensemble: {members: [seeded, last, rest], method: fitted}
        ensembles:
          average: {members: ["*"], method: mean}
          greedy: {members: [seeded, last, merged], method: greedy}
          ranks: {members: [last, merged], method: rank_mean}
        """;
}
