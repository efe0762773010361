using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using OrleansTagging.Labels;
using YamlDotNet.RepresentationModel;

namespace OrleansTagging.Recipe;

// Members and curricula whose settings vary: one entry of the file becomes as many of them as there are combinations.
internal sealed partial class ExperimentFileReader
{
    private const int MostParts = 10_000;
    private const int LongestName = 64;
    private const int DigestDigits = 8;
    private const string With = "with";
    private const string Grid = "grid";
    private const string Zip = "zip";

    private static readonly string[] s_variationKeys = [With, Grid, Zip];

    // Where the settings of the variation stand that is checked just now, by path from the root.
    private Dictionary<string, long> _setAt = [];

    /// <summary>Makes curricula and members of the file's entries, each with its model and all its settings, and checks them.</summary>
    private ExperimentFile Expand(ExperimentFile file)
    {
        var shared = new Dictionary<string, Axis[]>();
        var curricula = new SortedDictionary<string, CurriculumSettings>(StringComparer.Ordinal);
        foreach (var entry in Entries(typeof(CurriculumSettings), "curricula"))
        {
            foreach (var variation in Vary(file, entry, "scorer", shared))
            {
                var curriculum = (CurriculumSettings)SettingsBinder.Bind(typeof(CurriculumSettings), entry.Node, "", variation.Settings);
                CheckVaried(entry, curriculum.Scorer, variation.Settings, () => CheckCurriculum(entry.At, curriculum, file));
                curriculum = curriculum with
                {
                    Trained = Resolve(file, entry, curriculum.Scorer, variation.Settings),
                    Entry = entry.Name,
                    Axes = variation.ToAxes(),
                };
                Add(curricula, entry, variation.NameOf(entry.Name), curriculum);
            }
        }
        file = file with { Curricula = curricula };

        var members = new SortedDictionary<string, MemberSettings>(StringComparer.Ordinal);
        foreach (var entry in Entries(typeof(MemberSettings), "members"))
        {
            foreach (var variation in Vary(file, entry, "model", shared))
            {
                var member = (MemberSettings)SettingsBinder.Bind(typeof(MemberSettings), entry.Node, "", variation.Settings);
                CheckVaried(entry, member.Model, variation.Settings, () => CheckModelOf(entry.At, member, file));
                var trained = Resolve(file, entry, member.Model, variation.Settings);
                foreach (var (selection, ofCurriculum) in Selections(file, entry, member.Selection, variation))
                {
                    member = member with { Selection = selection, Trained = trained, Entry = entry.Name, Axes = ofCurriculum.ToAxes() };
                    CheckVaried(entry, member.Model, variation.Settings, () => CheckSelectionOf(entry.At, member, file));
                    Add(members, entry, ofCurriculum.NameOf(entry.Name), member);
                }
            }
        }
        return file with { Members = members };
    }

    /// <summary>The entries of a section, with what each of them varies.</summary>
    private IEnumerable<Entry> Entries(Type type, string section)
    {
        if (SettingsBinder.Value(_root, section) is not { } entries)
        {
            yield break;
        }
        foreach (var (key, node) in Mapping(entries))
        {
            var entry = new Entry([section, key.Value!], node, Settings: [], Axes: AxesOf(type, node, ""), Zipped: []);
            var named = entry.Axes.Select(axis => axis.Path).ToHashSet(StringComparer.Ordinal);
            foreach (var (path, value, kind) in Variations(node))
            {
                var setting = path.Value!;
                var wanted = TypeAt(type, path);
                if (!named.Add(setting))
                {
                    throw At(path.Start.Line, $"'{setting}' is set twice; give it in one of with, grid and zip.");
                }
                if (kind == With)
                {
                    CheckValue(setting, wanted, value);
                    entry.Settings[setting] = value;
                    continue;
                }
                var list = value is YamlSequenceNode { Children.Count: > 0 } values
                    ? values
                    : throw At(value.Start.Line, $"'{setting}' needs the list of its values, {setting}: [a, b].");
                foreach (var one in list)
                {
                    CheckValue(setting, wanted, one);
                }
                var axes = kind == Grid ? entry.Axes : entry.Zipped;
                if (kind == Zip && axes.Count > 0 && axes[0].Values.Count != list.Children.Count)
                {
                    throw At(value.Start.Line, string.Create(CultureInfo.InvariantCulture,
                        $"'{setting}' has {list.Children.Count} values, '{axes[0].Path}' has {axes[0].Values.Count}; "
                        + $"lists in zip are of one length."));
                }
                axes.Add(new Axis(setting, [.. list]));
            }
            yield return entry;
        }
    }

    private IEnumerable<(YamlScalarNode Path, YamlNode Value, string Kind)> Variations(YamlNode entry) =>
        from section in Mapping(entry)
        where s_variationKeys.Contains(section.Key.Value)
        from setting in Mapping(section.Value)
        select (setting.Key, setting.Value, section.Key.Value);

    /// <summary>Type of the setting that a path names.</summary>
    private Type TypeAt(Type entry, YamlScalarNode path)
    {
        var known = SettingsBinder.KeysOf(entry).Concat(SettingsBinder.KeysOf(typeof(ModelSettings)))
            .ToDictionary(setting => setting.Key, setting => setting.Property.PropertyType);
        known["training"] = typeof(TrainingSettings);
        known["seed"] = typeof(ulong);
        Type? type = null;
        foreach (var part in path.Value!.Split('.'))
        {
            var section = type ?? entry;
            if (!known.TryGetValue(part, out type))
            {
                if (Renamed(section, part, path.Value, path.Start.Line) is { } renamed)
                {
                    throw renamed;
                }
                var relatives = known.Count == 0 ? "it has no settings of its own" : $"known here: {Sorted(known.Keys)}";
                throw At(path.Start.Line, $"'{path.Value}' is no setting: '{part}' is unknown, {relatives}.");
            }
            known = SettingsBinder.IsSection(type)
                ? SettingsBinder.KeysOf(type).ToDictionary(setting => setting.Key, setting => setting.Property.PropertyType)
                : [];
        }
        return known.Count == 0
            ? type!
            : throw At(path.Start.Line,
                $"'{path.Value}' is a section; name one of its settings, such as {path.Value}.{known.Keys.First()}.");
    }

    /// <summary>The settings for which a list stands where one value is due, in the order of the file.</summary>
    private static List<Axis> AxesOf(Type type, YamlNode? node, string path)
    {
        var axes = new List<Axis>();
        if (node is not YamlMappingNode mapping)
        {
            return axes;
        }
        foreach (var (key, value) in mapping.Children)
        {
            var (name, property) = SettingsBinder.KeysOf(type).FirstOrDefault(known => known.Key == ((YamlScalarNode)key).Value);
            var at = path.Length == 0 ? name : $"{path}.{name}";
            if (property is null)
            {
                continue;
            }
            if (SettingsBinder.IsVaried(property.PropertyType, value))
            {
                axes.Add(new Axis(at, [.. (YamlSequenceNode)value]));
            }
            else if (SettingsBinder.IsSection(property.PropertyType))
            {
                axes.AddRange(AxesOf(property.PropertyType, value, at));
            }
        }
        return axes;
    }

    /// <summary>All combinations of an entry's own variations and of those of the model, the training and the seed that it uses.</summary>
    private IEnumerable<Variation> Vary(ExperimentFile file, Entry entry, string modelKey, Dictionary<string, Axis[]> shared)
    {
        IEnumerable<Variation> all = [new Variation(entry.Settings, [])];
        foreach (var axis in entry.Axes)
        {
            all = all.SelectMany(variation => axis.Values.Select(value => variation.And(axis.Path, value)));
        }
        if (entry.Zipped.Count > 0)
        {
            all = all.SelectMany(variation => Enumerable.Range(0, entry.Zipped[0].Values.Count).Select(row =>
                entry.Zipped.Aggregate(variation, (zipped, axis) => zipped.And(axis.Path, axis.Values[row]))));
        }
        foreach (var variation in all)
        {
            var named = variation.Settings.GetValueOrDefault(modelKey) ?? SettingsBinder.Value(entry.Node, modelKey);
            var model = (named as YamlScalarNode)?.Value ?? "";
            if (!shared.TryGetValue(model, out var axes))
            {
                axes = shared[model] = file.Models.ContainsKey(model) ? AxesOfFile(model) : [];
            }
            IEnumerable<Variation> each = [variation];
            foreach (var axis in axes.Where(axis => !variation.Settings.ContainsKey(axis.Path)))
            {
                each = each.SelectMany(some => axis.Values.Select(value => some.And(axis.Path, value)));
            }
            foreach (var some in each)
            {
                yield return some;
            }
        }
    }

    /// <summary>What the file varies for all that use a model.</summary>
    private Axis[] AxesOfFile(string model) =>
    [
        .. SettingsBinder.Value(_root, "seed") is YamlSequenceNode seeds ? [new Axis("seed", [.. seeds])] : Array.Empty<Axis>(),
        .. AxesOf(typeof(TrainingSettings), SettingsBinder.Value(_root, "training"), "training"),
        .. AxesOf(typeof(ModelSettings), NodeOf(model), ""),
    ];

    private YamlNode? NodeOf(string model) => SettingsBinder.Value(SettingsBinder.Value(_root, "models"), model);

    /// <summary>
    /// A selection of a curriculum that varies stands for those of its variations that agree with the member in whatever both vary.
    /// </summary>
    private IEnumerable<(string Selection, Variation Variation)> Selections(
        ExperimentFile file, Entry entry, string text, Variation variation)
    {
        if (!Selection.TryParse(text, out var selection) || selection.Curriculum is not { } name || file.Curricula.ContainsKey(name))
        {
            return [(text, variation)];
        }
        var variants = file.Curricula.Where(curriculum => curriculum.Value.Entry == name).ToArray();
        var own = variation.ToAxes();
        bool Fits(CurriculumSettings variant) =>
            variant.Axes.All(axis => own.GetValueOrDefault(axis.Key, axis.Value) == axis.Value);
        var fitting = variants.Where(variant => Fits(variant.Value)).ToArray();
        return variants.Length == 0
            ? [(text, variation)]
            : fitting.Length == 0
            ? throw At(LineOf([.. entry.At, "selection"]), $"no variation of the curriculum '{name}' goes with this member: it varies "
                + $"{Sorted(variants.SelectMany(variant => variant.Value.Axes.Keys).Distinct())}, and the member has other values.")
            : fitting.Select(variant => (
                (selection with { Curriculum = variant.Key }).ToString(),
                variant.Value.Axes.Where(axis => !own.ContainsKey(axis.Key))
                    .Aggregate(variation, (all, axis) => all.Named($"{name}.{axis.Key}", axis.Value))));
    }

    private TrainedModel Resolve(ExperimentFile file, Entry entry, string model, Dictionary<string, YamlNode> settings)
    {
        var ofModel = settings.Keys.Any(path => path == "features" || path.StartsWith("network.", StringComparison.Ordinal));
        var ofTraining = settings.Keys.Any(path => path.StartsWith("training.", StringComparison.Ordinal));
        T Bound<T>(YamlNode? node, string path) => (T)SettingsBinder.Bind(typeof(T), node, path, settings);
        var trained = new TrainedModel
        {
            Model = model,
            Settings = ofModel ? Bound<ModelSettings>(NodeOf(model), "") : file.Models[model],
            Training = ofTraining ? Bound<TrainingSettings>(SettingsBinder.Value(_root, "training"), "training") : file.Training,
            Seed = settings.TryGetValue("seed", out var seed) ? Bound<ulong>(seed, "seed") : file.Seed,
        };
        CheckVaried(entry, model, settings, () =>
        {
            CheckModel(["models", model], trained.Settings);
            CheckTraining(trained.Training);
        });
        return trained;
    }

    /// <summary>Runs checks of a variation; what it sets is named with its own line.</summary>
    private void CheckVaried(Entry entry, string model, Dictionary<string, YamlNode> settings, Action check)
    {
        _setAt = settings.ToDictionary(
            setting => setting.Key.Split('.')[0] switch
            {
                "training" or "seed" => setting.Key,
                "features" or "network" => $"models.{model}.{setting.Key}",
                _ => $"{string.Join('.', entry.At)}.{setting.Key}",
            },
            setting => setting.Value.Start.Line);
        check();
        _setAt = [];
    }

    private void Add<T>(SortedDictionary<string, T> parts, Entry entry, string name, T part)
    {
        if (!parts.TryAdd(name, part))
        {
            throw At(LineOf(entry.At), $"two {entry.At[0]} would be named '{name}'; give other values, or another name.");
        }
        if (parts.Count > MostParts)
        {
            throw At(LineOf(entry.At), string.Create(CultureInfo.InvariantCulture,
                $"the variations come to more than {MostParts} {entry.At[0]}; vary less at a time."));
        }
    }

    private static string Sorted(IEnumerable<string> names) => string.Join(", ", names.Order(StringComparer.Ordinal));

    /// <summary>A setting that is varied, and the values that it takes in turn.</summary>
    private sealed record Axis(string Path, IReadOnlyList<YamlNode> Values);

    /// <summary>An entry of the file under <c>curricula</c> or <c>members</c>.</summary>
    private sealed record Entry(
        string[] At, YamlNode Node, Dictionary<string, YamlNode> Settings, List<Axis> Axes, List<Axis> Zipped)
    {
        public string Name => At[^1];
    }

    /// <summary>One combination: the settings that go before those of the file, and the values of what varies, in order.</summary>
    private sealed record Variation(Dictionary<string, YamlNode> Settings, IReadOnlyList<(string Path, string Value)> Axes)
    {
        public Variation And(string path, YamlNode value) =>
            new(new(Settings) { [path] = value }, [.. Axes, (path, TextOf(value))]);

        public Variation Named(string path, string value) => this with { Axes = [.. Axes, (path, value)] };

        public SortedDictionary<string, string> ToAxes() =>
            new(Axes.ToDictionary(axis => axis.Path, axis => axis.Value), StringComparer.Ordinal);

        /// <summary>The entry's name and every value with its setting's last word: <c>base-loss_bce-seed_2</c>.</summary>
        public string NameOf(string entry)
        {
            var name = new StringBuilder(entry);
            foreach (var (path, value) in Axes)
            {
                var words = path.Split('.');
                var alone = Axes.Count(axis => axis.Path.Split('.')[^1] == words[^1]) == 1;
                name.Append('-').AppendJoin('_', words[(alone ? ^1 : ^Math.Min(2, words.Length))..]).Append('_').Append(value);
            }
            for (var at = entry.Length; at < name.Length; at++)
            {
                name[at] = char.IsAsciiLetterOrDigit(name[at]) || name[at] == '-' ? name[at] : '_';
            }
            var whole = name.ToString();
            if (whole.Length <= LongestName)
            {
                return whole;
            }
            var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(whole)));
            return $"{whole[..(LongestName - DigestDigits - 1)]}-{digest[..DigestDigits]}";
        }

        private static string TextOf(YamlNode node) => node is YamlSequenceNode list
            ? string.Join(", ", list.Select(TextOf))
            : ((YamlScalarNode)node).Value!;
    }
}
