using System.Globalization;
using OrleansTagging.Abstractions;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains;

/// <summary>
/// The scores of a shard's clips in a round (<c>fname,agreement,margin,all_folds_agreement,all_folds_margin,predicted</c>), clips in the order
/// of file names.
/// </summary>
/// <param name="CrossFitted">By the models never trained on the clip; NaN where there are none.</param>
/// <param name="AllFolds">By the plain average over all folds.</param>
/// <param name="Predicted">The labels predicted with the highest probability: <c>0.9 Bark;0.5 Meow</c>.</param>
internal sealed record ShardScoreTable(AgreementKeys CrossFitted, AgreementKeys AllFolds, string[] Predicted)
{
    /// <summary>Reads the table.</summary>
    public static async Task<ShardScoreTable> ReadAsync(IArtifactStore artifacts, string address)
    {
        var rows = (await ClipList.ReadRowsAsync(artifacts, address)).Skip(1).ToArray();
        AgreementKeys Keys(int column) => new()
        {
            Agreements = Array.ConvertAll(rows, row => Number(row[column])),
            Margins = Array.ConvertAll(rows, row => Number(row[column + 1])),
        };
        return new ShardScoreTable(Keys(1), Keys(3), Array.ConvertAll(rows, row => row[5]));
    }

    /// <summary>The keys of a way to score (<c>cross_fitted</c>, <c>all_folds</c>).</summary>
    public AgreementKeys KeysOf(string scoring) => scoring == "cross_fitted" ? CrossFitted : AllFolds;

    /// <summary>What a round found about a clip, but for its rank and its models.</summary>
    public ClipRound RoundOf(int at, ShardRequest request)
    {
        var own = KeysOf(request.Scoring);
        return new ClipRound
        {
            Round = request.Round,
            Agreement = own.Agreements[at],
            Margin = own.Margins[at],
            CrossFittedAgreement = double.IsNaN(CrossFitted.Agreements[at]) ? null : CrossFitted.Agreements[at],
            AllFoldsAgreement = AllFolds.Agreements[at],
            Rank = 0,
            Promoted = false,
            Predicted = [.. Predicted[at].Split(';').Select(Label)],
        };
    }

    private static PredictedLabel Label(string cell)
    {
        var space = cell.IndexOf(' ', StringComparison.Ordinal);
        return new PredictedLabel { Probability = Number(cell[..space]), Label = cell[(space + 1)..] };
    }

    private static double Number(string text) => text.Length == 0 ? double.NaN : double.Parse(text, CultureInfo.InvariantCulture);
}
