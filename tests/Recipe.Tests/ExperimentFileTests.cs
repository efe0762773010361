using OrleansTagging.Labels;

namespace OrleansTagging.Recipe.Tests;

public sealed class ExperimentFileTests
{
    private const string Whole = """
        # a comment
        name: demo
        dataset: synthetic
        seed: 18446744073709551615
        folds: 3
        models:
          mel:
            features: mel_1024_512_64
            network: {num_conv_blocks: 4, conv_base_depth: 8, growth_rate: 1.25, start_deep_supervision_on: 1, output_dropout: 0.25}
        training:
          epochs: 5
          max_audio_length: 2.5
        curricula:
          main:
            scorer: mel
            rounds: [10, 20]
        members:
          first: {model: mel, selection: curated}
          last: {model: mel, selection: main@2}
        ensemble: [first, last]
        """;

    [Fact]
    public void Every_value_of_a_file_reaches_the_record()
    {
        var file = ExperimentFile.Parse(Whole, "demo.yaml");

        Assert.Equal("demo", file.Name);
        Assert.Equal(ulong.MaxValue, file.Seed);
        Assert.Equal(3, file.Folds);
        Assert.Equal("mel_1024_512_64", file.Models["mel"].Features);
        var network = file.Models["mel"].Network;
        Assert.Equal((4, 8, 1.25, 1, 0.25), (network.NumConvBlocks, network.ConvBaseDepth, network.GrowthRate,
            network.StartDeepSupervisionOn, network.OutputDropout));
        Assert.Equal((5, 2.5, 64), (file.Training.Epochs, file.Training.MaxAudioLength, file.Training.BatchSize));
        Assert.Equal([10, 20], file.Curricula["main"].Rounds);
        Assert.Equal("main@2", file.Members["last"].Selection);
        Assert.Equal(["first", "last"], file.Ensemble.Members);
        Assert.Equal("mean", file.Ensemble.Method);
    }

    [Fact]
    public void The_whole_recipe_can_be_named()
    {
        const string Everything = """
            name: whole
            dataset: synthetic
            holdout: 0.1
            models:
              mel:
                features: mel_1024_512_64
                network: {type: cnn_2d, frequency_map: false, aggregation_type: rnn, rnn_size: 32}
            training:
              epochs: 5
              more_epochs: [2, 3]
              loss: focal
              focal_gamma: 1.5
              optimizer: momentum
              momentum: 0.8
              accumulation_steps: 2
              keep: best
              augmentation: {p_aug: 0.5, effect_kinds: [reverb, speed], pitch: [-100, 100], p_mixup: 0.5, shuffle_chunks: 0.25,
                switch_off_augmentations_on: 4}
            curricula:
              main:
                scorer: mel
                round_shares: [0.1, 0.25]
                rest: merge
                labels_per_clip: 1.4
                scoring: all_folds
                share: own_fold
                class_cap: 0.2
                divergence_stop: {agreement_at_cut: 0.4, dropped: 0.5}
            members:
              first: {model: mel, selection: curated}
              rest: {model: mel, selection: main@relabelled}
              rounds: {model: mel, selection: main@2}
            ensemble: {members: [r*, first], method: greedy}
            ensembles:
              one: [first]
              ranks: {method: rank_mean, members: [first, rest]}
            """;
        var file = ExperimentFile.Parse(Everything, "whole.yaml");

        Assert.Equal(("rnn", false, 32), (file.Models["mel"].Network.AggregationType, file.Models["mel"].Network.FrequencyMap,
            file.Models["mel"].Network.RnnSize));
        Assert.Equal(("focal", 1.5, "momentum", 0.8, 2, "best"), (file.Training.Loss, file.Training.FocalGamma, file.Training.Optimizer,
            file.Training.Momentum, file.Training.AccumulationSteps, file.Training.Keep));
        Assert.Equal([2, 3], file.Training.MoreEpochs);
        Assert.Equal([-100.0, 100.0], file.Training.Augmentation.Pitch);
        var augmentation = file.Training.Augmentation;
        Assert.Equal((0.5, 0.5, "or", 0.25, 4), (augmentation.PAug, augmentation.PMixup, augmentation.MixupLabels, augmentation.ShuffleChunks,
            augmentation.SwitchOffAugmentationsOn));
        var curriculum = file.Curricula["main"];
        Assert.Equal((2, 250), (curriculum.RoundCount, curriculum.Promotes(2, 1000)));
        Assert.Equal(("merge", 1.4, "all_folds", "own_fold", 0.2), (curriculum.Rest, curriculum.LabelsPerClip, curriculum.Scoring,
            curriculum.Share, curriculum.ClassCap));
        Assert.Equal((0.4, null, 0.5), (curriculum.DivergenceStop!.AgreementAtCut, curriculum.DivergenceStop.AgreementFall,
            curriculum.DivergenceStop.Dropped));
        Assert.Equal(["rest", "rounds", "first"], file.Ensemble.Members);
        Assert.Equal("greedy", file.Ensemble.Method);
        Assert.Equal("rank_mean", file.Ensembles["ranks"].Method);
        Assert.Equal("mean", file.Ensembles["one"].Method);
        Assert.Same(file.Models["mel"], file.Members["rest"].Trained.Settings);
    }

    [Theory]
    [InlineData("folds: 3", "fold: 3", 5, "unknown key 'fold'")]
    [InlineData("  epochs: 5", "  epoch: 5", 11, "unknown key 'epoch'")]
    [InlineData("{num_conv_blocks: 4, ", "{block: 4, ", 9, "unknown key 'block'")]
    [InlineData("  epochs: 5", "  epochs: many", 11, "'epochs' needs a whole number, not 'many'.")]
    [InlineData("  epochs: 5", "  epochs: 1.5", 11, "whole number")]
    [InlineData("rounds: [10, 20]", "rounds: 10", 16, "a list")]
    [InlineData("  epochs: 5", "  epochs: 0", 11, "epochs is 0; give 1 to 100000.")]
    [InlineData("mel_1024_512_64", "mel_1000_512_64", 8, "power of two")]
    [InlineData("mel_1024_512_64", "stft", 8, "names no features")]
    [InlineData("scorer: mel", "scorer: mal", 15, "'mal' is no model. Models: mel.")]
    [InlineData("rounds: [10, 20]", "rounds: [10, few]", 16, "not 'few'")]
    [InlineData("max_audio_length: 2.5", "max_audio_length: .nan", 12, "'max_audio_length' needs a number")]
    [InlineData("rounds: [10, 20]", "rounds: [10, -1]", 16, "promotes -1 clips")]
    [InlineData("main@2", "main@3", 19, "has only 2 rounds")]
    [InlineData("main@2", "other@1", 19, "'other' is no curriculum. Curricula: main.")]
    [InlineData("main@2", "everything", 19, "is no selection")]
    [InlineData("[first, last]", "[first, best]", 20, "'best' is no member. Members: first, last.")]
    [InlineData("[first, last]", "[first, first]", 20, "named twice")]
    [InlineData("name: demo", "name: de/mo", 2, "cannot be a name")]
    [InlineData("folds: 3", "folds: 1", 5, "give 2 to 100")]
    [InlineData("num_conv_blocks: 4", "num_conv_blocks: 7", 9, "halve 64 bands away")]
    [InlineData("{num_conv_blocks: 4, ", "{type: resnet_18, aggregation_type: rnn, num_conv_blocks: 4, ", 9, "take rnn with cnn_2d or cnn_1d")]
    [InlineData("{num_conv_blocks: 4, ", "{type: cnn_3d, num_conv_blocks: 4, ", 9, "known: cnn_2d, cnn_1d, resnet_18, resnet_34")]
    [InlineData("{num_conv_blocks: 4, ", "{blocks: 4, ", 9, "'blocks' is the key of an earlier version; write num_conv_blocks.")]
    [InlineData("start_deep_supervision_on: 1", "deep_supervision_from: 2", 9, "which counts from 0: one less.")]
    [InlineData("output_dropout: 0.25", "hidden: 32", 9, "take it out")]
    [InlineData("max_audio_length: 2.5", "max_seconds: 2.5", 12, "write max_audio_length.")]
    [InlineData("max_audio_length: 2.5", "schedule: 1cycle_0.1_0.2", 12, "write scheduler.")]
    [InlineData("max_audio_length: 2.5", "scheduler: step_0.1_0.5_2", 12, "write lr: <rate> and scheduler: steplr_<epochs>_<factor>.")]
    [InlineData("max_audio_length: 2.5", "optimizer: sgd", 12, "known: adam, momentum.")]
    [InlineData("max_audio_length: 2.5", "augmentation: {mix_up: or}", 12, "write p_mixup for its chance")]
    [InlineData("selection: main@2}", "with: {network.dropout: 0.1}}", 19, "'network.dropout' is the key of an earlier version; write output_dropout.")]
    [InlineData("folds: 3", "folds: 3\nfolds: 4", 6, "no YAML")]
    [InlineData("folds: 3", "folds: 3: 4", 5, "no YAML")]
    [InlineData("seed: 18446744073709551615", "seed: -1", 4, "from 0 up")]
    [InlineData("training:", "training: [1]\nunused:", 10, "mapping")]
    public void What_is_wrong_is_named_with_its_line(string right, string wrong, int line, string problem)
    {
        Assert.Contains(right, Whole, StringComparison.Ordinal);
        var fault = Assert.Throws<InputException>(() => ExperimentFile.Parse(Whole.Replace(right, wrong, StringComparison.Ordinal), "demo.yaml"));

        Assert.StartsWith($"demo.yaml line {line}: ", fault.Message, StringComparison.Ordinal);
        Assert.Contains(problem, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("just words")]
    [InlineData("- a list")]
    public void A_file_that_is_no_mapping_is_refused(string text) =>
        Assert.StartsWith("x.yaml line 1: ", Assert.Throws<InputException>(() => ExperimentFile.Parse(text, "x.yaml")).Message, StringComparison.Ordinal);

    [Fact]
    public void Comments_order_and_white_space_do_not_change_the_canonical_form()
    {
        var moved = "folds:   3   # moved\n" + Whole.Replace("folds: 3\n", "", StringComparison.Ordinal);

        Assert.Equal(ExperimentFile.Parse(Whole, "a").ToJson(), ExperimentFile.Parse(moved, "b").ToJson());
    }
}
