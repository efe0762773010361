using System.Globalization;
using Orleans;
using OrleansTagging.Abstractions;
using OrleansTagging.Labels;
using OrleansTagging.Recipe;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains;

/// <summary>A selection as a comparison names it.</summary>
public sealed record ComparedSelection
{
    /// <summary>Its name: <c>demo/main@2</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Address of its clips.</summary>
    public required string Selection { get; init; }

    /// <summary>Their number.</summary>
    public required int Clips { get; init; }

    /// <summary>Agreement of the last clip promoted; <c>null</c> where the rest is relabelled.</summary>
    public double? AgreementAtCut { get; init; }
}

/// <summary>A clip that two selections treat differently.</summary>
public sealed record DifferentClip
{
    /// <summary>File name.</summary>
    public required string Fname { get; init; }

    /// <summary>Its labels in the first selection; <c>null</c> where it is not in it.</summary>
    public string? LabelsInA { get; init; }

    /// <summary>Its labels in the second.</summary>
    public string? LabelsInB { get; init; }

    /// <summary>Its agreement in the first; <c>null</c> where it is not in it, or that has none.</summary>
    public double? AgreementInA { get; init; }

    /// <summary>Its agreement in the second.</summary>
    public double? AgreementInB { get; init; }
}

/// <summary>A class in two selections.</summary>
public sealed record ComparedClass
{
    /// <summary>The class.</summary>
    public required string Class { get; init; }

    /// <summary>Clips with it in the first selection.</summary>
    public required int A { get; init; }

    /// <summary>Clips with it in the second.</summary>
    public required int B { get; init; }
}

/// <summary>The clips of two rounds, or two curricula, side by side.</summary>
public sealed record SelectionDifference
{
    /// <summary>The first selection.</summary>
    public required ComparedSelection A { get; init; }

    /// <summary>The second.</summary>
    public required ComparedSelection B { get; init; }

    /// <summary>Clips in both.</summary>
    public required int Both { get; init; }

    /// <summary>Those of them whose labels differ, by file name.</summary>
    public required DifferentClip[] Relabelled { get; init; }

    /// <summary>Clips in the first alone, in its order.</summary>
    public required DifferentClip[] OnlyA { get; init; }

    /// <summary>Clips in the second alone, in its order.</summary>
    public required DifferentClip[] OnlyB { get; init; }

    /// <summary>The classes of both, by name.</summary>
    public required ComparedClass[] Classes { get; init; }

    /// <summary>Compares two selections.</summary>
    /// <param name="grains">The grains.</param>
    /// <param name="artifacts">The store's artifacts.</param>
    /// <param name="a">The first: <c>EXPERIMENT/CURRICULUM@ROUND</c> or <c>@relabelled</c>.</param>
    /// <param name="b">The second.</param>
    /// <exception cref="InputException">A name is none, or its selection is not there.</exception>
    public static async Task<SelectionDifference> OfAsync(IGrainFactory grains, IArtifactStore artifacts, string a, string b)
    {
        var (one, ofOne) = await ReadAsync(grains, artifacts, a);
        var (other, ofOther) = await ReadAsync(grains, artifacts, b);
        var (inA, inB) = (ByName(ofOne), ByName(ofOther));
        DifferentClip Clip(string fname) => new()
        {
            Fname = fname,
            LabelsInA = inA.GetValueOrDefault(fname)?.Labels,
            LabelsInB = inB.GetValueOrDefault(fname)?.Labels,
            AgreementInA = inA.GetValueOrDefault(fname)?.Agreement,
            AgreementInB = inB.GetValueOrDefault(fname)?.Agreement,
        };
        Dictionary<string, int> Classes(List<SelectedClip> clips) =>
            clips.SelectMany(clip => clip.Labels.Split(',')).CountBy(label => label).ToDictionary(StringComparer.Ordinal);
        var (classesOfA, classesOfB) = (Classes(ofOne), Classes(ofOther));
        var both = ofOne.Where(clip => inB.ContainsKey(clip.Fname)).ToArray();
        return new SelectionDifference
        {
            A = one,
            B = other,
            Both = both.Length,
            Relabelled = [.. both.Where(clip => clip.Labels != inB[clip.Fname].Labels).Select(clip => clip.Fname)
                .Order(StringComparer.Ordinal).Select(Clip)],
            OnlyA = [.. ofOne.Where(clip => !inB.ContainsKey(clip.Fname)).Select(clip => Clip(clip.Fname))],
            OnlyB = [.. ofOther.Where(clip => !inA.ContainsKey(clip.Fname)).Select(clip => Clip(clip.Fname))],
            Classes = [.. classesOfA.Keys.Union(classesOfB.Keys).Order(StringComparer.Ordinal).Select(name => new ComparedClass
            {
                Class = name,
                A = classesOfA.GetValueOrDefault(name),
                B = classesOfB.GetValueOrDefault(name),
            })],
        };
    }

    private static async Task<(ComparedSelection, List<SelectedClip>)> ReadAsync(IGrainFactory grains, IArtifactStore artifacts, string name)
    {
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0 || !Recipe.Selection.TryParse(name[(slash + 1)..], out var selection) || selection.Curriculum is not { } curriculum)
        {
            throw new InputException($"'{name}' names no selection; give EXPERIMENT/CURRICULUM@ROUND or EXPERIMENT/CURRICULUM@relabelled.");
        }
        var grain = grains.GetGrain<ICurriculumGrain>(GrainKeys.Curriculum(name[..slash], curriculum));
        var round = selection.Relabelled ? null : await grain.GetRound(selection.Round);
        var address = selection.Relabelled ? (await grain.GetRelabelled())?.Selection : round?.Selection;
        if (address is null)
        {
            throw new InputException($"There is no selection '{name}' yet; tagging inspect experiment {name[..slash]} lists the rounds.");
        }
        var clips = await SelectedAsync(artifacts, address);
        return (new ComparedSelection { Name = name, Selection = address, Clips = clips.Count, AgreementAtCut = round?.AgreementAtCut }, clips);
    }

    private static async Task<List<SelectedClip>> SelectedAsync(IArtifactStore artifacts, string address)
    {
        var rows = await ClipList.ReadRowsAsync(artifacts, address);
        var (fname, labels, agreement) = (rows[0].IndexOf("fname"), rows[0].IndexOf("labels"), rows[0].IndexOf("agreement"));
        return [.. rows.Skip(1).Select(row => new SelectedClip(
            row[fname], row[labels], agreement < 0 ? null : double.Parse(row[agreement], CultureInfo.InvariantCulture)))];
    }

    private static Dictionary<string, SelectedClip> ByName(List<SelectedClip> clips) =>
        clips.ToDictionary(clip => clip.Fname, StringComparer.Ordinal);

    private sealed record SelectedClip(string Fname, string Labels, double? Agreement);
}
