using OrleansTagging.Labels;

namespace OrleansTagging.Recipe.Tests;

public sealed class VariationTests
{
    private const string Plain = """
        name: grid
        dataset: synthetic
        models:
          mel: {features: mel_1024_512_64, network: {num_conv_blocks: 4}}
          wide: {features: mel_1024_512_64, network: {conv_base_depth: 99}}
        training: {epochs: 5, augmentation: {mixup_labels: or}}
        curricula:
          main: {scorer: mel, rounds: [10, 20]}
        members:
          base: {model: mel, selection: curated}
        ensemble: [base]
        """;

    private static ExperimentFile Parse(string right, string wrong)
    {
        Assert.Contains(right, Plain, StringComparison.Ordinal);
        return ExperimentFile.Parse(Plain.Replace(right, wrong, StringComparison.Ordinal), "grid.yaml");
    }

    private static ExperimentFile WithMember(string member) =>
        Parse("  base: {model: mel, selection: curated}", "  base: {model: mel, selection: curated}\n  " + member);

    [Fact]
    public void With_sets_what_the_file_says_otherwise_for_one_member_alone()
    {
        var file = WithMember("other: {model: mel, with: {training.loss: bce, training.augmentation.mixup_labels: weighted, "
            + "network.frequency_map: false, features: mel_1024_512_32, seed: 9, selection: main@2}}");

        var (other, plain) = (file.Members["other"], file.Members["base"]);
        Assert.Equal(("bce", "weighted", 5, 9UL, "main@2"), (other.Trained.Training.Loss, other.Trained.Training.Augmentation.MixupLabels,
            other.Trained.Training.Epochs, other.Trained.Seed, other.Selection));
        Assert.Equal(("mel_1024_512_32", false, 4), (other.Trained.Settings.Features, other.Trained.Settings.Network.FrequencyMap,
            other.Trained.Settings.Network.NumConvBlocks));
        Assert.Equal(("lsep", "or", 1UL, true), (plain.Trained.Training.Loss, plain.Trained.Training.Augmentation.MixupLabels,
            plain.Trained.Seed, plain.Trained.Settings.Network.FrequencyMap));
        Assert.Empty(other.Axes);
    }

    [Fact]
    public void A_grid_becomes_the_product_and_zip_goes_in_parallel()
    {
        var file = WithMember("all: {model: mel, grid: {training.loss: [lsep, bce], network.num_conv_blocks: [3, 4]}, "
            + "zip: {seed: [1, 2], selection: [main@1, main@2]}}");

        string[] expected =
        [
            "all-loss_bce-num_conv_blocks_3-seed_1-selection_main_1", "all-loss_bce-num_conv_blocks_3-seed_2-selection_main_2",
            "all-loss_bce-num_conv_blocks_4-seed_1-selection_main_1", "all-loss_bce-num_conv_blocks_4-seed_2-selection_main_2",
            "all-loss_lsep-num_conv_blocks_3-seed_1-selection_main_1", "all-loss_lsep-num_conv_blocks_3-seed_2-selection_main_2",
            "all-loss_lsep-num_conv_blocks_4-seed_1-selection_main_1", "all-loss_lsep-num_conv_blocks_4-seed_2-selection_main_2",
            "base",
        ];
        Assert.Equal(expected, file.Members.Keys);
        var one = file.Members["all-loss_bce-num_conv_blocks_3-seed_2-selection_main_2"];
        Assert.Equal(("bce", 3, 2UL, "main@2", "all"),
            (one.Trained.Training.Loss, one.Trained.Settings.Network.NumConvBlocks, one.Trained.Seed, one.Selection, one.Entry));
        Assert.Equal(["network.num_conv_blocks", "seed", "selection", "training.loss"], one.Axes.Keys);
        Assert.Equal("main@2", one.Axes["selection"]);
    }

    [Fact]
    public void A_list_where_one_value_stands_varies_all_that_use_it()
    {
        var file = Parse("network: {num_conv_blocks: 4}", "network: {num_conv_blocks: [3, 4]}");

        Assert.Equal(["base-num_conv_blocks_3", "base-num_conv_blocks_4"], file.Members.Keys);
        Assert.Equal(["main-num_conv_blocks_3", "main-num_conv_blocks_4"], file.Curricula.Keys);
        Assert.Equal(4, file.Curricula["main-num_conv_blocks_4"].Trained.Settings.Network.NumConvBlocks);
        // The name of the entry stands for all that it became.
        Assert.Equal(["base-num_conv_blocks_3", "base-num_conv_blocks_4"], file.Ensemble.Members);
    }

    [Fact]
    public void A_list_of_a_model_leaves_members_of_others_alone() =>
        Assert.Equal(["base"], Parse("conv_base_depth: 99", "conv_base_depth: [9, 99]").Members.Keys);

    [Fact]
    public void A_list_in_a_member_itself_varies_it() =>
        Assert.Equal(["base-model_mel-selection_curated", "base-model_mel-selection_main_2", "base-model_wide-selection_curated",
            "base-model_wide-selection_main_2"],
            Parse("{model: mel, selection: curated}", "{model: [mel, wide], selection: [curated, main@2]}").Members.Keys);

    [Fact]
    public void A_members_own_setting_goes_before_the_files_list()
    {
        var file = ExperimentFile.Parse(Plain.Replace("epochs: 5", "epochs: [5, 6]", StringComparison.Ordinal)
            .Replace("selection: curated}", "selection: curated, with: {training.epochs: 2}}", StringComparison.Ordinal), "grid.yaml");

        Assert.Equal(2, file.Members["base"].Trained.Training.Epochs);
        Assert.Equal(["main-epochs_5", "main-epochs_6"], file.Curricula.Keys);
    }

    [Fact]
    public void A_selection_of_a_curriculum_that_varies_goes_with_the_member_in_what_both_vary()
    {
        var yaml = Plain.Replace("name: grid", "name: grid\nseed: [1, 2]", StringComparison.Ordinal)
            .Replace("rounds: [10, 20]}", "rounds: [10, 20], grid: {share: [own_fold, other_folds]}}", StringComparison.Ordinal)
            .Replace("selection: curated", "selection: main@2", StringComparison.Ordinal);

        var file = ExperimentFile.Parse(yaml, "grid.yaml");

        Assert.Equal(["main-share_other_folds-seed_1", "main-share_other_folds-seed_2", "main-share_own_fold-seed_1",
            "main-share_own_fold-seed_2"], file.Curricula.Keys);
        Assert.Equal(["base-seed_1-share_other_folds", "base-seed_1-share_own_fold", "base-seed_2-share_other_folds",
            "base-seed_2-share_own_fold"], file.Members.Keys);
        Assert.Equal("main-share_own_fold-seed_2@2", file.Members["base-seed_2-share_own_fold"].Selection);
        Assert.Equal("own_fold", file.Members["base-seed_2-share_own_fold"].Axes["main.share"]);
        Assert.Equal((1UL, 2UL), (file.Seed, file.Curricula["main-share_own_fold-seed_2"].Trained.Seed));
    }

    [Fact]
    public void Lists_of_rounds_vary_a_curriculum()
    {
        var file = Parse("rounds: [10, 20]", "rounds: [[10, 20], [30]]");

        Assert.Equal(["main-rounds_10__20", "main-rounds_30"], file.Curricula.Keys);
        Assert.Equal([30], file.Curricula["main-rounds_30"].Rounds);
    }

    [Fact]
    public void A_name_that_grows_too_long_is_cut_and_stays_its_own()
    {
        var file = WithMember("long: {model: mel, grid: {training.scheduler: [1cycle_0.0001_0.005, 1cycle_0.0001_0.006], "
            + "training.augmentation.effect_kinds: [[reverb, pitch, tempo], [reverb, pitch, speed]]}}");

        Assert.Equal(5, file.Members.Count);
        Assert.All(file.Members.Keys, name => Assert.Matches("^[A-Za-z0-9_-]{1,64}$", name));
    }

    [Fact]
    public void A_contrast_names_members_entries_and_ensembles()
    {
        var file = Parse("ensemble: [base]", """
            ensemble: [base]
            ensembles: {alone: [base]}
            contrasts:
              one_or_many: {claim: many are better, members: [alone], against: [b*]}
            """);

        Assert.Equal(["alone"], file.Contrasts["one_or_many"].Members);
        Assert.Equal(["base"], file.Contrasts["one_or_many"].Against);
    }

    [Theory]
    [InlineData("with: {training.los: bce}", "'training.los' is no setting: 'los' is unknown")]
    [InlineData("with: {trainings.loss: bce}", "known here: features, model, network, seed, selection, training.")]
    [InlineData("with: {training: bce}", "is a section; name one of its settings")]
    [InlineData("with: {training.epochs: many}", "'training.epochs' needs a whole number, not 'many'.")]
    [InlineData("with: {training.epochs: 0}", "epochs is 0; give 1 to 100000.")]
    [InlineData("with: {network.num_conv_blocks: 7}", "halve 64 bands away")]
    [InlineData("with: {network.num_conv_blocks: 3.5}", "'network.num_conv_blocks' needs a whole number, not '3.5'.")]
    [InlineData("with: {selection: main@3}", "has only 2 rounds")]
    [InlineData("with: {model: other}", "'other' is no model")]
    [InlineData("with: [training.epochs]", "mapping")]
    [InlineData("with: {seed: -1}", "from 0 up")]
    [InlineData("grid: {training.epochs: 3}", "needs the list of its values")]
    [InlineData("grid: {training.epochs: []}", "needs the list of its values")]
    [InlineData("grid: {training.epochs: [1, 2, 0]}", "epochs is 0")]
    [InlineData("grid: {training.loss: [lsep, hinge]}", "'hinge' is no loss")]
    [InlineData("grid: {seed: [1, 1]}", "two members would be named 'new-seed_1'")]
    [InlineData("with: {seed: 1}, grid: {seed: [1, 2]}", "'seed' is set twice")]
    [InlineData("zip: {seed: [1, 2], training.loss: [lsep]}", "'training.loss' has 1 values, 'seed' has 2")]
    [InlineData("gird: {seed: [1, 2]}", "unknown key 'gird'. Known here: grid, model, selection, with, zip.")]
    public void What_is_wrong_with_a_variation_is_named_with_its_line(string variation, string problem)
    {
        var fault = Assert.Throws<InputException>(() => WithMember($"new: {{model: mel, selection: curated, {variation}}}"));

        Assert.StartsWith("grid.yaml line 11: ", fault.Message, StringComparison.Ordinal);
        Assert.Contains(problem, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_value_that_does_not_do_is_named_with_the_line_it_stands_on()
    {
        var fault = Assert.Throws<InputException>(() => WithMember("""
            new:
                model: mel
                grid:
                  training.max_audio_length:
                    - 2
                    - -3
            """));

        Assert.StartsWith("grid.yaml line 16: max_audio_length is -3", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Variations_without_number_are_refused_before_they_are_made()
    {
        var values = string.Join(", ", Enumerable.Range(1, 1000));

        var fault = Assert.Throws<InputException>(() =>
            WithMember($"new: {{model: mel, grid: {{seed: [{values}], training.epochs: [{values}], training.batch_size: [8, 9]}}}}"));

        Assert.Contains("more than 10000 members", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_lists_that_never_go_together_are_refused()
    {
        var yaml = Plain.Replace("rounds: [10, 20]}", "rounds: [10, 20], grid: {seed: [1, 2]}}", StringComparison.Ordinal)
            .Replace("{model: mel, selection: curated}", "{model: mel, selection: main@1, grid: {seed: [3]}}", StringComparison.Ordinal);

        Assert.Contains("no variation of the curriculum 'main' goes with this member",
            Assert.Throws<InputException>(() => ExperimentFile.Parse(yaml, "grid.yaml")).Message, StringComparison.Ordinal);
    }
}
