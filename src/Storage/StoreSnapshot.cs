using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansTagging.Storage;

/// <summary>
/// All states of a store as they were at one instant, though processes write them: what the store would hold had every process been killed
/// then.
/// </summary>
/// <remarks>
/// States are read, then all versions are listed. Where each state still has the version that was read, none changed between its reading
/// and its place in the list, and so all of them held together at the instant the listing began: no version is ever used twice. Where one
/// does not, it is read again, and the list is made anew.
/// </remarks>
internal sealed partial record StoreSnapshot
{
    private const int ReadAtATime = 16;
    private const string Grains = "grain/";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>The instant, by this machine's clock.</summary>
    public required DateTimeOffset Taken { get; init; }

    /// <summary>The store (<see cref="StoreCopy.IdentityOf"/>).</summary>
    public required string From { get; init; }

    /// <summary>The states' bytes by their keys.</summary>
    public required SortedDictionary<string, byte[]> States { get; init; }

    /// <summary>SHA-256 over the keys and states of all grains, lower-case hex.</summary>
    public string Digest() => DigestOf(States);

    /// <summary>The states of a store.</summary>
    /// <param name="store">The store.</param>
    /// <param name="chosen">Whether a key counts.</param>
    /// <param name="patience">How long to try for.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="StoreCopyException">In all that time there was no instant between two changes.</exception>
    /// <exception cref="StateDamagedException">A state is not what was written.</exception>
    public static async Task<StoreSnapshot> TakeAsync(
        Store store, Func<string, bool> chosen, TimeSpan patience, CancellationToken cancellationToken)
    {
        var held = new Dictionary<string, VersionedState>(StringComparer.Ordinal);
        var since = System.Diagnostics.Stopwatch.StartNew();
        while (true)
        {
            var now = DateTimeOffset.UtcNow;
            var versions = new Dictionary<string, string>(StringComparer.Ordinal);
            await foreach (var (key, etag) in store.State.ListVersionsAsync(cancellationToken).ConfigureAwait(false))
            {
                if (chosen(key))
                {
                    versions[key] = etag;
                }
            }
            var stale = versions.Where(version => held.GetValueOrDefault(version.Key)?.ETag != version.Value)
                .Select(version => version.Key).ToArray();
            if (stale.Length == 0 && held.Count == versions.Count)
            {
                return new StoreSnapshot
                {
                    Taken = now,
                    From = StoreCopy.IdentityOf(store),
                    States = new(held.ToDictionary(pair => pair.Key, pair => pair.Value.Content), StringComparer.Ordinal),
                };
            }
            foreach (var gone in held.Keys.Where(key => !versions.ContainsKey(key)).ToArray())
            {
                held.Remove(gone);
            }
            if (since.Elapsed > patience)
            {
                throw new StoreCopyException(
                    $"{store.Location}: for {patience.TotalSeconds:0} s its states have changed faster than they can be read together; "
                    + "pause its experiments (tagging pause) or stop its silos for as long as the copy takes.");
            }
            await Parallel.ForEachAsync(
                stale, new ParallelOptions { MaxDegreeOfParallelism = ReadAtATime, CancellationToken = cancellationToken },
                async (key, stop) =>
                {
                    var read = await store.State.ReadAsync(key, stop).ConfigureAwait(false);
                    lock (held)
                    {
                        if (read is null)
                        {
                            held.Remove(key);
                        }
                        else
                        {
                            held[key] = read;
                        }
                    }
                }).ConfigureAwait(false);
            if (stale.Length == 0)
            {
                await Task.Delay(Pause, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The snapshot as the bytes of one state.</summary>
    public byte[] ToBytes()
    {
        using var bytes = new MemoryStream();
        using (var packed = new GZipStream(bytes, CompressionLevel.Fastest))
        {
            JsonSerializer.Serialize(packed, this, SnapshotJson.Default.StoreSnapshot);
        }
        return bytes.ToArray();
    }

    /// <summary>The snapshot that <see cref="ToBytes"/> made bytes of.</summary>
    public static StoreSnapshot Of(byte[] bytes)
    {
        using var packed = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
        return JsonSerializer.Deserialize(packed, SnapshotJson.Default.StoreSnapshot)!;
    }

    internal static string DigestOf(IEnumerable<KeyValuePair<string, byte[]>> states)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        // Queue and reminders change when somebody only looks, and hold nothing that is not in the grains.
        foreach (var (key, content) in states.Where(pair => pair.Key.StartsWith(Grains, StringComparison.Ordinal))
            .OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            hash.AppendData(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
            hash.AppendData(SHA256.HashData(content));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
    [JsonSerializable(typeof(StoreSnapshot))]
    private sealed partial class SnapshotJson : JsonSerializerContext;
}
