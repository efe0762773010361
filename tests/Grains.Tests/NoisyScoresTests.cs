using OrleansTagging.Abstractions;
using OrleansTagging.Labels;

namespace OrleansTagging.Grains.Tests;

public sealed class NoisyScoresTests
{
    /// <summary>The reference's own relabelling script chose these 50 clips from these predictions.</summary>
    [Theory]
    [InlineData(200)]
    [InlineData(37)]
    public async Task The_selection_over_shards_agrees_with_the_reference(int shardSize)
    {
        const int Top = 50;
        await using var bed = new TestBed();
        await bed.AddSiloAsync();
        var golden = Path.Combine(AppContext.BaseDirectory, "golden");
        var predictions = PredictionTable.Read(Path.Combine(golden, "noisy_predictions.csv"), null);
        var classes = predictions.Classes;
        var clips = LabelTable.Read(Path.Combine(golden, "noisy_labels.csv"), classes)
            .Clips.OrderBy(clip => clip.FileName, StringComparer.Ordinal).ToArray();
        var chosen = LabelTable.Read(Path.Combine(golden, "relabel_scoring_50.csv"), classes).Clips.Select(clip => clip.FileName)
            .ToHashSet();

        var rows = new List<float>();
        foreach (var clip in clips)
        {
            Assert.True(predictions.TryGetRow(clip.FileName, out var row));
            rows.AddRange(predictions.Row(row).ToArray().Select(score => (float)score));
        }
        using var file = new MemoryStream();
        NpyFile.Write(file, [clips.Length, classes.Count], rows.ToArray().AsSpan());
        var address = await bed.Store.Artifacts.PutAsync(file.ToArray(), "npy");

        var shards = clips.Chunk(shardSize).ToArray();
        INoisyScoresGrain Shard(int shard) => bed.Grains.GetGrain<INoisyScoresGrain>(GrainKeys.Shard("golden", "main", shard));
        var scores = new List<ShardScores>();
        for (var shard = 0; shard < shards.Length; shard++)
        {
            scores.Add(await Shard(shard).Score(new ShardRequest
            {
                Round = 1,
                Clips = await ClipList.PutFoldsAsync(bed.Store.Artifacts, shards[shard].Select(clip =>
                    new ListedClip(clip.FileName, "noisy", string.Join(',', clip.Labels.Select(label => classes.Names[label])), 0))),
                Classes = [.. classes.Names],
                Predictions = [address],
                FirstRow = shard * shardSize,
                Share = "other_folds",
                Scoring = "cross_fitted",
            }));
        }
        var ranking = PromotionRanking.Of(
            scores.Select(shard => shard.CrossFitted!), clip => clips[clip].Labels, classes.Count, Top, classCap: null);
        var ranks = ranking.Ranks();

        // The same clips in the same order as the room of labels has them, margins and names included.
        var expected = TopAgreement.Select(clips, [.. clips.Zip(rows.Chunk(classes.Count), (clip, row) =>
            AgreementKey.Of(Array.ConvertAll(row, score => (double)score), clip.Labels))], Top);
        Assert.Equal(expected.Select(clip => clip.Clip.FileName), ranking.Promoted.Select(clip => clips[clip].FileName));
        for (var shard = 0; shard < shards.Length; shard++)
        {
            await Shard(shard).Rank(new ShardRanking
            {
                Round = 1,
                Ranks = ranks[(shard * shardSize)..(shard * shardSize + shards[shard].Length)],
                Promoted = [.. Enumerable.Range(shard * shardSize, shards[shard].Length).Select(ranking.Promoted.Contains)],
            });
        }
        var known = (await Shard(0).GetClip(clips[0].FileName))!.Rounds.Single();
        Assert.Equal((ranks[0], ranking.Keys[0].Agreement, ranking.Keys[0].Margin), (known.Rank, known.Agreement, known.Margin));
        var promoted = ranking.Promoted.Select(clip => clips[clip].FileName).ToArray();
        // Ties may be broken otherwise, so the agreements are compared.
        var agreement = clips.Zip(rows.Chunk(classes.Count), (clip, row) => (clip.FileName, Value: Agreement.Of(row, clip.Labels)))
            .ToDictionary(clip => clip.FileName, clip => clip.Value);
        Assert.Equal(chosen.Select(name => agreement[name]).OrderDescending(), promoted.Select(name => agreement[name]));
    }
}
