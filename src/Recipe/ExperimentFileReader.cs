using System.Globalization;
using System.IO.Enumeration;
using OrleansTagging.Labels;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace OrleansTagging.Recipe;

/// <summary>Reads an experiment file and says of the first thing that is wrong with it where it stands and what to do.</summary>
internal sealed partial class ExperimentFileReader
{
    private const int MostNames = 20;

    // Where a list of values may stand for one.
    private static readonly string[] s_varied = ["seed", "models", "training", "curricula", "members"];

    // Keys of earlier versions, and what to write instead.
    private static readonly Dictionary<(Type, string), string> s_renamed = new()
    {
        [(typeof(NetworkSettings), "blocks")] = "write num_conv_blocks",
        [(typeof(NetworkSettings), "base_depth")] = "write conv_base_depth",
        [(typeof(NetworkSettings), "deep_supervision_from")] = "write start_deep_supervision_on, which counts from 0: one less",
        [(typeof(NetworkSettings), "dropout")] = "write output_dropout",
        [(typeof(NetworkSettings), "aggregation")] = "write aggregation_type: max or rnn",
        [(typeof(NetworkSettings), "recurrent_units")] = "write rnn_size",
        [(typeof(NetworkSettings), "hidden")] = "take it out: the head's hidden layer has as many units as its input",
        [(typeof(TrainingSettings), "max_seconds")] = "write max_audio_length",
        [(typeof(TrainingSettings), "schedule")] = "write scheduler",
        [(typeof(TrainingSettings), "accumulate")] = "write accumulation_steps",
        [(typeof(AugmentationSettings), "effects")] = "write p_aug",
        [(typeof(AugmentationSettings), "mix_up")] = "write p_mixup for its chance and mixup_labels: or or weighted for its rule",
        [(typeof(AugmentationSettings), "mix_up_share")] = "write p_mixup",
        [(typeof(AugmentationSettings), "mix_up_levels")] = "write mixup_levels",
        [(typeof(AugmentationSettings), "mix_up_alpha")] = "write mixup_alpha",
        [(typeof(AugmentationSettings), "off_from")] = "write switch_off_augmentations_on, which counts from 0: one less",
    };

    private readonly string _fileName;
    private readonly string[] _lines;
    private readonly YamlMappingNode _root;

    private ExperimentFileReader(string text, string fileName)
    {
        _fileName = fileName;
        _lines = text.ReplaceLineEndings("\n").Split('\n');
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException fault)
        {
            throw At(fault.Start.Line, $"this is no YAML: {FirstSentence(fault.Message)}");
        }
        catch (InvalidOperationException)
        {
            // What YamlDotNet throws where the file ends inside a list or a mapping.
            throw At(_lines.Length, "this is no YAML: the file ends inside a list or a mapping.");
        }
        _root = stream.Documents.Count == 1 && stream.Documents[0].RootNode is YamlMappingNode root
            ? root
            : throw At(1, "an experiment file is one YAML mapping; start from one of the files in examples/.");
    }

    /// <summary>Reads and checks an experiment file.</summary>
    public static ExperimentFile Read(string text, string fileName)
    {
        var reader = new ExperimentFileReader(text, fileName);
        reader.CheckKeys(typeof(ExperimentFile), reader._root, varies: false);
        var file = (ExperimentFile)SettingsBinder.Bind(typeof(ExperimentFile), reader._root, "", new Dictionary<string, YamlNode>());
        reader.Check(file);
        file = reader.Expand(file);
        reader.CheckBlends(file);
        return Resolve(file);
    }

    /// <summary>Gives ensembles and contrasts the names that they mean.</summary>
    private static ExperimentFile Resolve(ExperimentFile file) => file with
    {
        Ensemble = file.Ensemble with { Members = MembersOf(file, file.Ensemble.Members) },
        Ensembles = Map(file.Ensembles, ensemble => ensemble with { Members = MembersOf(file, ensemble.Members) }),
        Contrasts = Map(file.Contrasts, contrast => contrast with
        {
            Members = MembersAndEnsemblesOf(file, contrast.Members),
            Against = MembersAndEnsemblesOf(file, contrast.Against),
        }),
    };

    private static SortedDictionary<string, T> Map<T>(SortedDictionary<string, T> named, Func<T, T> change) =>
        new(named.ToDictionary(entry => entry.Key, entry => change(entry.Value)), StringComparer.Ordinal);

    // In the order of the file, so that a blend adds them in that order.
    private static string[] MembersOf(ExperimentFile file, string[] names) =>
        [.. names.SelectMany(name => file.Members.Where(member => Fits(name, member)).Select(member => member.Key)).Distinct()];

    private static string[] MembersAndEnsemblesOf(ExperimentFile file, string[] names) =>
        [.. names.SelectMany(name => file.Ensembles.ContainsKey(name) ? [name] : MembersOf(file, [name])).Distinct()];

    // The name of an entry stands for all members that it became.
    private static bool Fits(string name, KeyValuePair<string, MemberSettings> member) =>
        name == member.Value.Entry || FileSystemName.MatchesSimpleExpression(name, member.Key, ignoreCase: false);

    /// <summary>Walks the tree beside the records' types, so that an unknown key is named with its line and its nearest relatives.</summary>
    /// <param name="type">Type that the node is to become.</param>
    /// <param name="node">The node.</param>
    /// <param name="varies">Whether a list may stand where one value is due.</param>
    private void CheckKeys(Type type, YamlNode node, bool varies)
    {
        if (node is YamlScalarNode { Value: "" or "~" or "null" or null } empty)
        {
            throw At(empty.Start.Line, "a section without content; fill it or take it out.");
        }
        if (SettingsBinder.NamedType(type) is { } valueType)
        {
            foreach (var (key, value) in Mapping(node))
            {
                CheckName(key.Value ?? "", "name", key.Start.Line);
                CheckKeys(valueType, value, varies);
            }
            return;
        }
        if (!SettingsBinder.IsSection(type) || (type == typeof(EnsembleSettings) && node is YamlSequenceNode))
        {
            return;
        }
        var known = SettingsBinder.KeysOf(type).ToDictionary(setting => setting.Key, setting => setting.Property.PropertyType);
        var isEntry = type == typeof(MemberSettings) || type == typeof(CurriculumSettings);
        foreach (var (key, value) in Mapping(node))
        {
            if (isEntry && s_variationKeys.Contains(key.Value))
            {
                continue;
            }
            if (!known.TryGetValue(key.Value ?? "", out var setting))
            {
                throw Renamed(type, key.Value ?? "", key.Value, key.Start.Line) ?? At(key.Start.Line,
                    $"unknown key '{key.Value}'. Known here: {Sorted(known.Keys.Concat(isEntry ? s_variationKeys : []))}.");
            }
            var varied = varies || (type == typeof(ExperimentFile) && s_varied.Contains(key.Value));
            CheckKeys(setting, value, varied);
            if (varied && SettingsBinder.IsVaried(setting, value))
            {
                CheckEach(key.Value!, setting, (YamlSequenceNode)value);
            }
            else
            {
                CheckValue(key.Value!, setting, value);
            }
        }
    }

    private InputException? Renamed(Type type, string key, string? written, long line) =>
        s_renamed.TryGetValue((type, key), out var instead) ? At(line, $"'{written}' is the key of an earlier version; {instead}.") : null;

    private void CheckEach(string key, Type type, YamlSequenceNode values)
    {
        if (values.Children.Count == 0)
        {
            throw At(values.Start.Line, $"'{key}' is an empty list; give it a value.");
        }
        foreach (var value in values)
        {
            CheckValue(key, type, value);
        }
    }

    private void CheckValue(string key, Type type, YamlNode value)
    {
        var text = (value as YamlScalarNode)?.Value;
        type = Nullable.GetUnderlyingType(type) ?? type;
        var (fits, wanted) = type switch
        {
            _ when type == typeof(bool) => (text is "true" or "false", "true or false"),
            _ when type == typeof(string) => (text is not null, "a word"),
            _ when type == typeof(int) => (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _), "a whole number"),
            _ when type == typeof(ulong) => (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _), "a whole number from 0 up"),
            _ when type == typeof(double) => (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number), "a number"),
            _ when type.IsArray || (type == typeof(EnsembleSettings) && value is not YamlMappingNode) => (value is YamlSequenceNode, "a list, [a, b]"),
            _ => (true, ""),
        };
        if (!fits)
        {
            throw At(value.Start.Line, $"'{key}' needs {wanted}{(text is null ? "" : $", not '{text}'")}.");
        }
        if (type.GetElementType() is { } elementType && value is YamlSequenceNode list)
        {
            foreach (var element in list)
            {
                CheckValue(key, elementType, element);
            }
        }
    }

    private IEnumerable<(YamlScalarNode Key, YamlNode Value)> Mapping(YamlNode node)
    {
        if (node is not YamlMappingNode mapping)
        {
            throw At(node.Start.Line, "a mapping (key: value) is expected here.");
        }
        foreach (var (key, value) in mapping.Children)
        {
            yield return (key as YamlScalarNode ?? throw At(key.Start.Line, "a key must be a plain word."), value);
        }
    }

    private void Check(ExperimentFile file)
    {
        Require(file.Name.Length > 0, ["name"], "an experiment needs a name.");
        CheckName(file.Name, "name", LineOf(["name"]));
        Require(file.Dataset.Length > 0, ["dataset"], "an experiment needs the name of an imported dataset.");
        Require(file.Folds is >= 2 and <= 100, ["folds"], $"{file.Folds} folds cannot be; give 2 to 100.");
        Require(file.Models.Count > 0, ["models"], "an experiment needs at least one model.");
        foreach (var (name, model) in file.Models)
        {
            CheckModel(["models", name], model);
        }
        CheckTraining(file.Training);
        Require(file.Members.Count > 0, ["members"], "an experiment needs at least one member: a model and the selection it is trained on.");
        Range(file.Holdout, 0, 0.5, ["holdout"]);
    }

    private void CheckBlends(ExperimentFile file)
    {
        CheckEnsemble(["ensemble"], file.Ensemble, file);
        foreach (var (name, ensemble) in file.Ensembles)
        {
            CheckEnsemble(["ensembles", name], ensemble, file);
        }
        foreach (var (name, contrast) in file.Contrasts)
        {
            CheckSide(["contrasts", name, "members"], contrast.Members, file);
            CheckSide(["contrasts", name, "against"], contrast.Against, file);
        }
    }

    private void CheckSide(string[] at, string[] names, ExperimentFile file)
    {
        Require(names.Length > 0, at, "a contrast compares members with others; name both.");
        foreach (var name in names)
        {
            Require(file.Ensembles.ContainsKey(name) || file.Members.Any(member => Fits(name, member)), at,
                $"'{name}' is no member and none of the ensembles. Members: {Names(file.Members)}.");
            Require(!file.Ensembles.TryGetValue(name, out var ensemble) || ensemble.Method == "mean", at,
                $"the ensemble '{name}' is blended otherwise than by its mean, which no fold alone can tell; compare one with method: mean.");
        }
    }

    private void CheckEnsemble(string[] at, EnsembleSettings ensemble, ExperimentFile file)
    {
        Require(ensemble.Members.Length > 0, at, "name the members whose predictions are averaged.");
        foreach (var name in ensemble.Members)
        {
            Require(file.Members.Any(member => Fits(name, member)), at, $"'{name}' is no member. Members: {Names(file.Members)}.");
        }
        Require(ensemble.Members.Distinct().Count() == ensemble.Members.Length, at, "a member is named twice.");
        OneOf(ensemble.Method, EnsembleSettings.Methods, [.. at, "method"]);
    }

    private void CheckModel(string[] at, ModelSettings model)
    {
        var features = Explain([.. at, "features"], () => FeatureDescriptor.Parse(model.Features));
        string[] network = [.. at, "network"];
        var settings = model.Network;
        OneOf(settings.Type, NetworkSettings.Types, [.. network, "type"]);
        OneOf(settings.AggregationType, NetworkSettings.AggregationTypes, [.. network, "aggregation_type"]);
        OneOf(settings.Padding, NetworkSettings.Paddings, [.. network, "padding"]);
        Range(settings.RnnSize, 1, 4096, [.. network, "rnn_size"]);
        Range(settings.NumConvBlocks, 1, 10, [.. network, "num_conv_blocks"]);
        Range(settings.ConvBaseDepth, 1, 1024, [.. network, "conv_base_depth"]);
        Range(settings.GrowthRate, 0.5, 4, [.. network, "growth_rate"]);
        Range(settings.StartDeepSupervisionOn, 0, settings.Stages() - 1, [.. network, "start_deep_supervision_on"]);
        Range(settings.OutputDropout, 0, 0.95, [.. network, "output_dropout"]);
        // What is left are keys that do not fit together.
        var odd = !settings.IsResNet() ? "num_conv_blocks" : settings.IsRecurrent() ? "aggregation_type" : "type";
        Explain([.. network, odd], () => settings.Check(features));
    }

    private void CheckTraining(TrainingSettings training)
    {
        Range(training.Epochs, 1, 100_000, ["training", "epochs"]);
        Range(training.BatchSize, 2, 65_536, ["training", "batch_size"]);
        Range(training.MaxAudioLength, 0.1, 3600, ["training", "max_audio_length"]);
        foreach (var epochs in training.MoreEpochs)
        {
            Range(epochs, 1, 100_000, ["training", "more_epochs"]);
        }
        OneOf(training.Loss, TrainingSettings.Losses, ["training", "loss"]);
        Range(training.FocalGamma, 0, 10, ["training", "focal_gamma"]);
        OneOf(training.Optimizer, TrainingSettings.Optimizers, ["training", "optimizer"]);
        Range(training.Momentum, 0, 0.9999, ["training", "momentum"]);
        Range(training.Lr, 1e-12, 1000, ["training", "lr"]);
        Explain(["training", "scheduler"], () => ScheduleDescriptor.Parse(training.Scheduler));
        Range(training.WeightDecay, 0, 1, ["training", "weight_decay"]);
        Range(training.AccumulationSteps, 1, 65_536, ["training", "accumulation_steps"]);
        OneOf(training.Keep, TrainingSettings.Keeps, ["training", "keep"]);
        CheckAugmentation(training.Augmentation);
        Range(training.Threads, 1, 1024, ["training", "threads"]);
        Require(training.Device is "cpu" or "cuda", ["training", "device"], $"'{training.Device}' is no device; write cpu or cuda.");
    }

    private void CheckAugmentation(AugmentationSettings augmentation)
    {
        string[] At(string key) => ["training", "augmentation", key];
        foreach (var (key, chance) in new[]
        {
            ("p_aug", augmentation.PAug), ("p_mixup", augmentation.PMixup), ("shuffle_chunks", augmentation.ShuffleChunks ?? 0),
            ("cut_out", augmentation.CutOut), ("reverse", augmentation.Reverse),
        })
        {
            Range(chance, 0, 1, At(key));
        }
        foreach (var effect in augmentation.EffectKinds)
        {
            OneOf(effect, AugmentationSettings.AllEffects, At("effect_kinds"));
        }
        OneOf(augmentation.MixupLabels, AugmentationSettings.MixupRules, At("mixup_labels"));
        Between(augmentation.Reverberance, 0, 100, At("reverberance"));
        Between(augmentation.RoomScale, 0, 100, At("room_scale"));
        Between(augmentation.Pitch, -1200, 1200, At("pitch"));
        Between(augmentation.Tempo, 0.5, 2, At("tempo"));
        Between(augmentation.Speed, 0.5, 2, At("speed"));
        Between(augmentation.Overdrive, 0, 100, At("overdrive"));
        Between(augmentation.MixupLevels, 0, 1, At("mixup_levels"));
        Range(augmentation.MixupAlpha, 0.01, 100, At("mixup_alpha"));
        Range(augmentation.SwitchOffAugmentationsOn, 0, 100_000, At("switch_off_augmentations_on"));
    }

    private void Between(double[] range, double low, double high, string[] at)
    {
        Require(range.Length == 2 && range[0] <= range[1], at, $"{at[^1]} needs its lowest and its highest value, [low, high].");
        Range(range[0], low, high, at);
        Range(range[1], low, high, at);
    }

    private void OneOf(string value, IReadOnlyList<string> known, string[] at) =>
        Require(known.Contains(value), at, $"'{value}' is no {at[^1].Replace('_', ' ')}; known: {string.Join(", ", known)}.");

    private void CheckCurriculum(string[] at, CurriculumSettings curriculum, ExperimentFile file)
    {
        Require(file.Models.ContainsKey(curriculum.Scorer), [.. at, "scorer"],
            $"'{curriculum.Scorer}' is no model. Models: {Names(file.Models)}.");
        Require(curriculum.RoundCount > 0, [.. at, "rounds"], "a curriculum needs at least one round, for instance rounds: [1000, 2000].");
        Require(curriculum.Rounds.Length == 0 || curriculum.RoundShares.Length == 0, [.. at, "round_shares"],
            "the rounds are given as numbers of clips and as shares; take one of the two out.");
        foreach (var promoted in curriculum.Rounds)
        {
            Require(promoted > 0, [.. at, "rounds"], $"a round that promotes {promoted} clips; give a number above zero.");
        }
        foreach (var share in curriculum.RoundShares)
        {
            Require(share is > 0 and <= 1, [.. at, "round_shares"], $"a round that promotes a share of {share}; give a number over (0, 1].");
        }
        OneOf(curriculum.Rest, CurriculumSettings.Rests, [.. at, "rest"]);
        OneOf(curriculum.Scoring, CurriculumSettings.Scorings, [.. at, "scoring"]);
        OneOf(curriculum.Share, CurriculumSettings.Shares, [.. at, "share"]);
        Require(curriculum.Share != "all_folds" || curriculum.Scoring == "all_folds" || curriculum.RoundCount == 1, [.. at, "share"],
            "with share: all_folds no model is left from the second round on that was never trained on a promoted clip; "
            + "add scoring: all_folds, or take share: other_folds.");
        Range(curriculum.LabelsPerClip ?? 1, 0.01, 1000, [.. at, "labels_per_clip"]);
        Range(curriculum.ClassCap ?? 1, 0.001, 1, [.. at, "class_cap"]);
        if (curriculum.DivergenceStop is { } stop)
        {
            Range(stop.AgreementAtCut ?? 0, 0, 1, [.. at, "divergence_stop", "agreement_at_cut"]);
            Range(stop.AgreementFall ?? 0, 0, 1, [.. at, "divergence_stop", "agreement_fall"]);
            Range(stop.Dropped ?? 0, 0, 1, [.. at, "divergence_stop", "dropped"]);
        }
    }

    private void CheckModelOf(string[] at, MemberSettings member, ExperimentFile file) =>
        Require(file.Models.ContainsKey(member.Model), [.. at, "model"], $"'{member.Model}' is no model. Models: {Names(file.Models)}.");

    private void CheckSelectionOf(string[] at, MemberSettings member, ExperimentFile file)
    {
        string[] line = [.. at, "selection"];
        Require(Selection.TryParse(member.Selection, out var selection), line,
            $"'{member.Selection}' is no selection; write curated, <curriculum>@<round> or <curriculum>@relabelled.");
        if (selection.Curriculum is { } name)
        {
            Require(file.Curricula.TryGetValue(name, out var curriculum), line, $"'{name}' is no curriculum. Curricula: {Names(file.Curricula)}.");
            Require(selection.Relabelled || selection.Round <= curriculum!.RoundCount, line,
                $"curriculum '{name}' has only {curriculum!.RoundCount} rounds.");
            Require(!selection.Relabelled || curriculum!.Rest != "drop", line,
                $"curriculum '{name}' drops the rest of the noisy clips; give it rest: relabel, merge or full_match.");
        }
    }

    private void CheckName(string name, string what, long line)
    {
        if (name.Length is 0 or > 64 || !name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-'))
        {
            throw At(line, $"'{name}' cannot be a {what}; use up to 64 letters, digits, _ and -.");
        }
    }

    private void Range<T>(T value, T low, T high, string[] at) where T : IComparable<T>, IFormattable =>
        Require(value.CompareTo(low) >= 0 && value.CompareTo(high) <= 0, at, string.Create(CultureInfo.InvariantCulture, $"{at[^1]} is {value}; give {low} to {high}."));

    private void Explain(string[] at, Action check) => Explain(at, () =>
    {
        check();
        return true;
    });

    private T Explain<T>(string[] at, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InputException fault)
        {
            throw At(LineOf(at), fault.Message);
        }
    }

    private void Require(bool holds, string[] at, string otherwise)
    {
        if (!holds)
        {
            throw At(LineOf(at), otherwise);
        }
    }

    /// <summary>Line of a key; where the file lacks it, the line of the nearest section around it.</summary>
    private long LineOf(string[] path)
    {
        if (_setAt.TryGetValue(string.Join('.', path), out var set))
        {
            return set;
        }
        YamlNode node = _root;
        var line = 1L;
        foreach (var part in path)
        {
            var entry = node is YamlMappingNode mapping
                ? mapping.Children.FirstOrDefault(child => child.Key is YamlScalarNode key && key.Value == part)
                : default;
            if (entry.Key is null)
            {
                break;
            }
            (node, line) = (entry.Value, entry.Key.Start.Line);
        }
        return line;
    }

    private InputException At(long line, string problem) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{_fileName} line {line}: {problem.ReplaceLineEndings(" ")}"));

    private static string FirstSentence(string message) => message.ReplaceLineEndings("\n").Split('\n')[0];

    private static string Names<T>(SortedDictionary<string, T> named) => named.Count switch
    {
        0 => "none",
        <= MostNames => string.Join(", ", named.Keys),
        _ => string.Create(
            CultureInfo.InvariantCulture, $"{string.Join(", ", named.Keys.Take(MostNames))} and {named.Count - MostNames} more"),
    };
}
