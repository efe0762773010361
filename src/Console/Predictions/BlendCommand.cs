using System.CommandLine;
using System.Globalization;
using OrleansTagging.Commands.Options;
using OrleansTagging.Labels;

namespace OrleansTagging.Commands.Predictions;

/// <summary><c>blend</c>: the weighted mean of several predictions files, with the weights found on their labels if so wanted.</summary>
internal sealed class BlendCommand : TaggingCommand
{
    private const int UsualFolds = 5;

    private readonly Terminal _terminal;
    private readonly PathOption _labels = new("--labels", "FILE", "Label file of clips that no member was trained on: fname,labels");
    private readonly Option<string[]> _predictions = new("--predictions")
    {
        HelpName = "FILE",
        Description = "Predictions of each member: fname and a column a class, the same clips in any order",
        Required = true,
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<bool> _ranks = new("--ranks")
    {
        Description = "Blend the ranks of the classes within each clip, not the scores",
    };

    private readonly Option<bool> _fit = new("--fit") { Description = "Fit the weights to the labels, none below 0, together 1" };
    private readonly Option<bool> _greedy = new("--greedy") { Description = "Find the weights by greedy forward selection" };
    private readonly NumberOption<int> _folds = new(
        "--folds", "Folds of the honest figure, for which each is left out of the choice once", 2, int.MaxValue)
    {
        DefaultValueFactory = _ => UsualFolds,
    };

    private readonly NumberOption<ulong> _seed = new("--seed", "Seed of the folds", 0, ulong.MaxValue);
    private readonly PathOption _out = new("--out", "FILE", "The blend, in the first member's order");
    private readonly JsonOption _json = new();

    public BlendCommand(Terminal terminal) : base(
        "blend",
        "Blends predictions of several models: their mean, or with weights found on labels, and says what the blend is worth on clips "
        + "that did not choose them.",
        "tagging blend --labels train.csv --predictions a.csv b.csv c.csv --fit --out blend.csv")
    {
        _terminal = terminal;
        Options.Add(_labels);
        Options.Add(_predictions);
        Options.Add(_ranks);
        Options.Add(_fit);
        Options.Add(_greedy);
        Options.Add(_folds);
        Options.Add(_seed);
        Options.Add(_out);
        Options.Add(_json);
    }

    protected override async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var method = Method(line);
        var (paths, path) = (line.GetRequiredValue(_predictions), line.GetRequiredValue(_out));
        var members = Read(paths, line.GetValue(_ranks));
        var labels = LabelledPredictions.ReadLabels(line.GetRequiredValue(_labels), members[0].Classes, paths[0]);
        var folds = method == BlendMethod.Mean ? 1 : line.GetValue(_folds);
        var fit = await Task.Run(() => Fit(labels, members, paths[0], method, folds, line.GetValue(_seed), cancellationToken));
        OutputFile.Prepare(path);
        await OutputFile.WriteAsync(path, partial =>
        {
            Blend.Weighted(members, fit.Weights).Write(partial);
            return Task.CompletedTask;
        });

        if (line.GetValue(_json))
        {
            _terminal.WriteJson(new BlendAnswer
            {
                File = path,
                Method = method,
                Ranks = line.GetValue(_ranks),
                Clips = members[0].Count,
                Folds = method == BlendMethod.Mean ? null : folds,
                Lwlrap = fit.Lwlrap,
                HonestLwlrap = fit.HonestLwlrap,
                MeanLwlrap = fit.MeanLwlrap,
                Members = [.. paths.Select((file, member) => new Member(file, fit.Weights[member], fit.MemberLwlraps[member]))],
            });
            return ExitCode.Success;
        }
        var table = new DataTable("Members", "predictions", DataColumn.Figure("weight"), DataColumn.Figure("lwlrap"));
        for (var member = 0; member < paths.Length; member++)
        {
            table.Add(
                paths[member],
                fit.Weights[member].ToString("0.000", CultureInfo.InvariantCulture),
                Figures.Lwlrap(fit.MemberLwlraps[member]));
        }
        _terminal.WriteTable(table);
        _terminal.Out.WriteLine(method == BlendMethod.Mean
            ? $"lwlrap {Figures.Lwlrap(fit.Lwlrap)}: a plain mean, which no clip chose"
            : $"lwlrap {Figures.Lwlrap(fit.Lwlrap)} on the clips that chose the weights, "
            + $"honest lwlrap {Figures.Lwlrap(fit.HonestLwlrap)} on clips that did not ({Figures.Count(folds)} folds); plain mean {Figures.Lwlrap(fit.MeanLwlrap)}");
        _terminal.Out.WriteLine($"{Figures.Count(members[0].Count)} clips written to {path}");
        return ExitCode.Success;
    }

    private static PredictionTable[] Read(string[] paths, bool ranks)
    {
        var members = new PredictionTable[paths.Length];
        for (var member = 0; member < paths.Length; member++)
        {
            var read = PredictionTable.Read(paths[member], member == 0 ? null : members[0].Classes);
            members[member] = ranks ? ClassRanks.Of(read) : read;
        }
        return members;
    }

    private static BlendFit Fit(
        LabelTable labels,
        PredictionTable[] members,
        string first,
        BlendMethod method,
        int folds,
        ulong seed,
        CancellationToken cancellationToken)
    {
        // By file name, so that the order of the files does not move a clip to another fold.
        var clips = labels.Clips.Where(clip => clip.Labels.Length > 0).OrderBy(clip => clip.FileName, StringComparer.Ordinal).ToArray();
        if (clips.Length == 0)
        {
            throw new InputException("No clip has a label, so that there is nothing to compare the predictions with.");
        }
        int[][] own = [.. clips.Select(clip => clip.Labels)];
        var rows = Array.ConvertAll(clips, clip => members[0].TryGetRow(clip.FileName, out var row)
            ? row
            : throw new InputException($"{first}: the clip '{clip.FileName}' has labels but is missing from the predictions."));
        var classes = labels.Classes.Count;
        double[] Picked(double[] scores)
        {
            var picked = new double[rows.Length * classes];
            for (var clip = 0; clip < rows.Length; clip++)
            {
                scores.AsSpan(rows[clip] * classes, classes).CopyTo(picked.AsSpan(clip * classes));
            }
            return picked;
        }
        double[][] scores = [.. Aligned(members).Select(Picked)];
        var assignment = method == BlendMethod.Mean ? new int[clips.Length] : StratifiedFolds.Assign(own, classes, folds, seed);
        return BlendFit.Of(own, assignment, scores, classes, method, cancellationToken);
    }

    private static IReadOnlyList<double[]> Aligned(PredictionTable[] members)
    {
        try
        {
            return Blend.Aligned(members);
        }
        catch (InputException fault)
        {
            throw new InputException($"{fault.Message} Members are counted in the order of --predictions.", fault);
        }
    }

    private BlendMethod Method(ParseResult line)
    {
        var (fit, greedy) = (line.GetValue(_fit), line.GetValue(_greedy));
        if (fit && greedy)
        {
            throw new InputException($"--fit and --greedy find weights in two ways; choose one. See: tagging {Name} --help");
        }
        return fit ? BlendMethod.Fit : greedy ? BlendMethod.Greedy : BlendMethod.Mean;
    }

    private sealed record BlendAnswer
    {
        public required string File { get; init; }

        public required BlendMethod Method { get; init; }

        public required bool Ranks { get; init; }

        public required int Clips { get; init; }

        public int? Folds { get; init; }

        public required double Lwlrap { get; init; }

        public required double HonestLwlrap { get; init; }

        public required double MeanLwlrap { get; init; }

        public required Member[] Members { get; init; }
    }

    private sealed record Member(string File, double Weight, double Lwlrap);
}
