using OrleansTagging.Storage;

namespace OrleansTagging.Grains;

/// <summary>The clips of a shard, in the order of file names.</summary>
/// <param name="Clips">The clips.</param>
/// <param name="Places">The place of each by its file name.</param>
internal sealed record ShardClips(List<ListedClip> Clips, IReadOnlyDictionary<string, int> Places)
{
    /// <summary>Reads them.</summary>
    public static async Task<ShardClips> ReadAsync(IArtifactStore artifacts, string address)
    {
        var clips = await ClipList.ReadAsync(artifacts, address);
        return new ShardClips(clips, Enumerable.Range(0, clips.Count).ToDictionary(at => clips[at].Fname, at => at, StringComparer.Ordinal));
    }
}
