using System.CommandLine;
using System.IO.Enumeration;
using OrleansTagging.Commands.Experiments;
using OrleansTagging.Commands.Options;
using OrleansTagging.Grains;
using OrleansTagging.Labels;

namespace OrleansTagging.Commands.Comparison;

/// <summary><c>compare</c>: members of finished experiments side by side, with their differences from one of them.</summary>
internal sealed class CompareCommand : TaggingCommand
{
    // More would not fit beside each other.
    private const int MostPerClass = 6;

    private readonly Terminal _terminal;
    private readonly Argument<string[]> _names = new("NAME")
    {
        Description = "Names of finished experiments",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string[]> _members = new("--member")
    {
        HelpName = "NAME",
        Description = "Only members of this name; * fits anything. May be given more than once",
        AllowMultipleArgumentsPerToken = false,
    };

    private readonly Option<string?> _base = new("--base")
    {
        HelpName = "NAME",
        Description = "The member that the others are compared with [default: the first]",
    };

    private readonly Option<bool> _perClass = new("--per-class") { Description = "Also show each class" };
    private readonly StoreOption _store = new();
    private readonly JsonOption _json = new();

    public CompareCommand(Terminal terminal) : base(
        "compare",
        "Shows members of finished experiments side by side: the settings that set them apart, their lwlrap, the differences from one of "
        + "them, and what became of the experiments' claims.",
        "tagging compare demo --member 'promoted*' --per-class")
    {
        _terminal = terminal;
        Arguments.Add(_names);
        Options.Add(_members);
        Options.Add(_base);
        Options.Add(_perClass);
        Options.Add(_store);
        Options.Add(_json);
    }

    protected override async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var store = StoreOption.OpenExisting(line);
        var experiments = new List<FinishedExperiment>();
        foreach (var name in line.GetRequiredValue(_names).Distinct())
        {
            experiments.Add(await FinishedExperiment.ReadAsync(store, name, cancellationToken));
        }
        var patterns = line.GetValue(_members) ?? [];
        var members = experiments
            .SelectMany(experiment => experiment.File.Members.Keys
                .Where(name => patterns.Length == 0
                    || patterns.Any(pattern => Fits(pattern, experiment.File.Members[name].Entry, name)))
                .Select(name => new ComparedMember(experiment, name)))
            .ToArray();
        if (members.Length == 0)
        {
            throw new InputException($"No member is named {string.Join(" or ", patterns)}; "
                + $"tagging inspect experiment {experiments[0].Name} names them.");
        }
        var reference = line.GetValue(_base) is { } named
            ? Array.Find(members, member => member.Name == named)
                ?? throw new InputException($"'{named}' is none of the members that are compared.")
            : members[0];
        var perClass = line.GetValue(_perClass);
        if (perClass && members.Length > MostPerClass && !line.GetValue(_json))
        {
            throw new InputException($"{Figures.Count(members.Length)} members do not fit beside each other class by class; "
                + $"name up to {Figures.Count(MostPerClass)} with --member, or take --json.");
        }
        if (line.GetValue(_json))
        {
            _terminal.WriteJson(Answer(members, reference, perClass));
            return ExitCode.Success;
        }
        if (Settings(members, experiments.Count > 1) is { } settings)
        {
            _terminal.WriteTable(settings);
        }
        _terminal.WriteTable(Table(members, reference, experiments.Count > 1));
        _terminal.Out.WriteLine($"Differences from {reference.Name}: mean over the folds ± twice its standard error.");
        _terminal.Out.WriteLine();
        if (perClass)
        {
            _terminal.WriteTable(PerClass(members, reference));
        }
        foreach (var experiment in experiments)
        {
            ContrastTable.Write(_terminal, experiment.Report);
        }
        return ExitCode.Success;
    }

    private static bool Fits(string pattern, string entry, string name) =>
        pattern == entry || FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false);

    /// <summary>The settings in which the members differ: those that vary, and model and selection.</summary>
    private static string[] Axes(ComparedMember[] members)
    {
        bool Differ(Func<ComparedMember, string?> setting) => members.Select(setting).Distinct().Count() > 1;
        return
        [
            .. Differ(member => member.Settings.Model) ? ["model"] : Array.Empty<string>(),
            .. Differ(member => member.Settings.Selection) ? ["selection"] : Array.Empty<string>(),
            .. members.SelectMany(member => member.Settings.Axes.Keys).Distinct().Order(StringComparer.Ordinal)
                .Where(axis => axis is not ("model" or "selection") && Differ(member => member.Settings.Axes.GetValueOrDefault(axis))),
        ];
    }

    private static string Value(ComparedMember member, string axis) => axis switch
    {
        "model" => member.Settings.Model,
        "selection" => member.Settings.Selection,
        _ => Figures.Text(member.Settings.Axes.GetValueOrDefault(axis)),
    };

    private static DataTable Table(ComparedMember[] members, ComparedMember reference, bool several)
    {
        var honest = members.Any(member => member.Honest is not null);
        DataColumn[] columns =
        [
            "member",
            DataColumn.Figure("cv"),
            .. honest ? [DataColumn.Figure("honest")] : Array.Empty<DataColumn>(),
            DataColumn.Figure("difference"),
            DataColumn.Figure("test"),
            DataColumn.Figure("difference"),
        ];
        var table = new DataTable("Members", columns);
        foreach (var member in members)
        {
            table.Add(
            [
                Called(member, several),
                Figures.Lwlrap(member.CrossValidated),
                .. honest ? [Figures.Lwlrap(member.Honest)] : Array.Empty<string>(),
                member == reference ? Figures.Absent : Difference(member, reference),
                Figures.Lwlrap(member.Test),
                member == reference ? Figures.Absent : Figures.Difference(member.Test - reference.Test),
            ]);
        }
        return table;
    }

    /// <summary>What sets the members apart; <c>null</c> where nothing that the file varies does.</summary>
    private static DataTable? Settings(ComparedMember[] members, bool several)
    {
        var axes = Axes(members);
        if (axes.Length == 0)
        {
            return null;
        }
        var table = new DataTable("Settings", ["member", .. axes.Select(axis => new DataColumn(axis.Split('.')[^1]))]);
        foreach (var member in members)
        {
            table.Add([Called(member, several), .. axes.Select(axis => Value(member, axis))]);
        }
        return table;
    }

    private static string Called(ComparedMember member, bool several) => several ? $"{member.Experiment}/{member.Name}" : member.Name;

    private static string Difference(ComparedMember member, ComparedMember reference) =>
        member.Beside(reference) is { } difference
            ? Figures.Difference(difference.Mean, difference.Margin)
            : Figures.Difference(member.CrossValidated - reference.CrossValidated);

    private static DataTable PerClass(ComparedMember[] members, ComparedMember reference)
    {
        var others = members.Where(member => member != reference).ToArray();
        var table = new DataTable(
            "Classes, cross-validated",
            ["class", DataColumn.Figure(reference.Name), .. others.Select(member => DataColumn.Figure(member.Name))]);
        foreach (var name in reference.Classes)
        {
            table.Add([
                name,
                Figures.Lwlrap(reference.Class(name)),
                .. others.Select(member => Figures.Difference(member.Class(name) - reference.Class(name))),
            ]);
        }
        return table;
    }

    private static object Answer(ComparedMember[] members, ComparedMember reference, bool perClass) => new
    {
        Base = reference.Name,
        Members = members.Select(member => new
        {
            member.Experiment,
            Member = member.Name,
            member.Settings.Model,
            member.Settings.Selection,
            member.Settings.Axes,
            CrossValidatedLwlrap = member.CrossValidated,
            HonestLwlrap = member.Honest,
            TestLwlrap = member.Test,
            Difference = member == reference ? null : member.Beside(reference),
            TestDifference = member == reference ? null : member.Test - reference.Test,
            PerClass = perClass ? member.Classes.ToDictionary(name => name, member.Class) : null,
        }).ToArray(),
    };
}
