using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains;

/// <summary>
/// The scheduler's head and pages among the store's states, each with its ETag. What a change costs does not grow with the queue: the pages
/// it touches are written, then the head. An activation takes the head over before it reads the pages; what an older one writes from then
/// on fails at the head, and nobody has heard of it.
/// </summary>
public sealed class SchedulerStore(IStateStore states)
{
    private const string HeadKey = "scheduler/head";
    private const string PagePrefix = "scheduler/page/";
    private const int AtATime = 8;

    private readonly Dictionary<int, string> _pageTags = [];
    private string? _headTag;

    /// <summary>States written or removed so far.</summary>
    public long Writes { get; private set; }

    /// <summary>Bytes written so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>Reads what is stored and takes it over from whoever held it.</summary>
    /// <param name="silence">A silo or a holder that was silent for longer is given up.</param>
    /// <param name="now">The present time.</param>
    /// <param name="longestDelay">No job waits longer than that for its next attempt.</param>
    /// <exception cref="StateConflictException">Another activation takes it over just now.</exception>
    public async Task<JobQueue> OpenAsync(TimeSpan silence, DateTimeOffset now, TimeSpan longestDelay)
    {
        var stored = await states.ReadAsync(HeadKey);
        var head = stored is null ? new SchedulerHead() : JsonSerializer.Deserialize(stored.Content, SchedulerJson.Default.SchedulerHead)!;
        // The same content under a new ETag.
        _headTag = await states.WriteAsync(HeadKey, Serialize(head), stored?.ETag);
        _pageTags.Clear();
        var pages = new List<KeyValuePair<int, SchedulerPage>>();
        await foreach (var key in states.ListAsync(PagePrefix))
        {
            if (await states.ReadAsync(key) is { } page)
            {
                var number = int.Parse(key.AsSpan(PagePrefix.Length), CultureInfo.InvariantCulture);
                _pageTags[number] = page.ETag;
                pages.Add(new(number, JsonSerializer.Deserialize(page.Content, SchedulerJson.Default.SchedulerPage)!));
            }
        }
        return stored is null && pages.Count == 0 ? new JobQueue(silence) : new JobQueue(head, pages, silence, now, longestDelay);
    }

    /// <summary>Writes what has changed; after the return it is stored and valid.</summary>
    /// <exception cref="StateConflictException">Another activation has taken the scheduler over, or wrote last.</exception>
    public async Task WriteAsync(SchedulerHead head, IReadOnlyList<(int Number, SchedulerPage? Page)> pages)
    {
        foreach (var some in pages.Chunk(AtATime))
        {
            await Task.WhenAll(some.Select(page => WriteAsync(page.Number, page.Page)));
        }
        var content = Serialize(head);
        _headTag = await states.WriteAsync(HeadKey, content, _headTag);
        Count(content);
    }

    private async Task WriteAsync(int number, SchedulerPage? page)
    {
        var key = PagePrefix + number.ToString(CultureInfo.InvariantCulture);
        var tag = _pageTags.GetValueOrDefault(number);
        if (page is not null)
        {
            var content = JsonSerializer.SerializeToUtf8Bytes(page, SchedulerJson.Default.SchedulerPage);
            _pageTags[number] = await states.WriteAsync(key, content, tag);
            Count(content);
        }
        else if (tag is not null)
        {
            await states.ClearAsync(key, tag);
            _pageTags.Remove(number);
            Count([]);
        }
    }

    private void Count(byte[] content)
    {
        Writes++;
        Bytes += content.Length;
    }

    private static byte[] Serialize(SchedulerHead head) => JsonSerializer.SerializeToUtf8Bytes(head, SchedulerJson.Default.SchedulerHead);
}

/// <summary>The JSON of the scheduler's states.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SchedulerHead))]
[JsonSerializable(typeof(SchedulerPage))]
internal sealed partial class SchedulerJson : JsonSerializerContext;
