using System.Text.Json;
using Orleans;
using Orleans.Runtime;
using OrleansTagging.Storage;

namespace OrleansTagging.Grains;

/// <summary>Reminders on the store's versioned states, one each. An installation has as many as it has unfinished experiments.</summary>
public sealed class StoreReminderTable(IStateStore states) : IReminderTable
{
    private const string Prefix = "reminder/";

    /// <summary>A reminder as it is stored.</summary>
    private sealed record Row(string Grain, string Name, DateTime StartAt, TimeSpan Period);

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task<ReminderTableData> ReadRows(GrainId grainId) => ReadRows($"{Prefix}{grainId}/", entry => entry.GrainId == grainId);

    /// <inheritdoc/>
    public Task<ReminderTableData> ReadRows(uint begin, uint end) => ReadRows(Prefix, entry =>
    {
        // (begin, end], around the ring's top where begin is not below end.
        var hash = entry.GrainId.GetUniformHashCode();
        return begin < end ? hash > begin && hash <= end : hash > begin || hash <= end;
    });

    /// <inheritdoc/>
    public async Task<ReminderEntry?> ReadRow(GrainId grainId, string reminderName) => await ReadEntry(KeyOf(grainId, reminderName));

    /// <inheritdoc/>
    public async Task<string?> UpsertRow(ReminderEntry entry)
    {
        var key = KeyOf(entry.GrainId, entry.ReminderName);
        var row = JsonSerializer.SerializeToUtf8Bytes(
            new Row(entry.GrainId.ToString(), entry.ReminderName, entry.StartAt.ToUniversalTime(), entry.Period));
        while (true)
        {
            try
            {
                return await states.WriteAsync(key, row, (await states.ReadAsync(key))?.ETag);
            }
            catch (StateConflictException)
            {
                // Whoever writes last wins, as the interface asks; the read is made afresh.
            }
        }
    }

    /// <inheritdoc/>
    public async Task<bool> RemoveRow(GrainId grainId, string reminderName, string eTag)
    {
        var key = KeyOf(grainId, reminderName);
        if (await states.ReadAsync(key) is null)
        {
            return false;
        }
        try
        {
            await states.ClearAsync(key, eTag);
            return true;
        }
        catch (StateConflictException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public async Task TestOnlyClearTable()
    {
        await foreach (var key in states.ListAsync(Prefix))
        {
            if (await states.ReadAsync(key) is { } stored)
            {
                await states.ClearAsync(key, stored.ETag);
            }
        }
    }

    private async Task<ReminderTableData> ReadRows(string prefix, Func<ReminderEntry, bool> chosen)
    {
        var entries = new List<ReminderEntry>();
        await foreach (var key in states.ListAsync(prefix))
        {
            if (await ReadEntry(key) is { } entry && chosen(entry))
            {
                entries.Add(entry);
            }
        }
        return new ReminderTableData(entries);
    }

    private async Task<ReminderEntry?> ReadEntry(string key)
    {
        if (await states.ReadAsync(key) is not { } stored)
        {
            return null;
        }
        var row = JsonSerializer.Deserialize<Row>(stored.Content)!;
        return new ReminderEntry
        {
            GrainId = GrainId.Parse(row.Grain),
            ReminderName = row.Name,
            StartAt = row.StartAt,
            Period = row.Period,
            ETag = stored.ETag,
        };
    }

    private static string KeyOf(GrainId grain, string name) => $"{Prefix}{grain}/{name}";
}
