using System.Globalization;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains;

/// <summary>The ranks of a shard's clips in a round (<c>fname,rank,promoted</c>), clips in the order of file names.</summary>
/// <param name="Ranks">Rank of each among all noisy clips, counted from 1.</param>
/// <param name="Promoted">Whether each was promoted.</param>
internal sealed record ShardRankTable(int[] Ranks, bool[] Promoted)
{
    /// <summary>Reads the table.</summary>
    public static async Task<ShardRankTable> ReadAsync(IArtifactStore artifacts, string address)
    {
        var rows = (await ClipList.ReadRowsAsync(artifacts, address)).Skip(1).ToArray();
        return new ShardRankTable(
            Array.ConvertAll(rows, row => int.Parse(row[1], CultureInfo.InvariantCulture)), Array.ConvertAll(rows, row => row[2] == "1"));
    }
}
