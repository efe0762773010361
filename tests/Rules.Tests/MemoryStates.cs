using System.Runtime.CompilerServices;
using OrleansTagging.Storage;

namespace OrleansTagging.Rules.Tests;

/// <summary>States in memory. One write may be refused, or done although its writer hears of a failure.</summary>
internal sealed class MemoryStates : IStateStore
{
    private readonly Dictionary<string, VersionedState> _states = new(StringComparer.Ordinal);
    private long _version;
    private int? _failsAt;
    private bool _failsAfter;

    /// <summary>Lets the write that comes after <paramref name="writes"/> others fail.</summary>
    /// <param name="writes">Writes that succeed before.</param>
    /// <param name="done">Whether it is done all the same, and only its answer lost.</param>
    public void FailAfter(int writes, bool done) => (_failsAt, _failsAfter) = (writes, done);

    /// <summary>Lets all writes succeed.</summary>
    public void Recover() => _failsAt = null;

    public ReadOnlyMemory<byte>? Content(string key) => _states.TryGetValue(key, out var state) ? state.Content : null;

    public Task<VersionedState?> ReadAsync(string key, CancellationToken cancellationToken = default) =>
        Task.FromResult(_states.GetValueOrDefault(key));

    public Task<string> WriteAsync(
        string key, ReadOnlyMemory<byte> content, string? expectedETag, CancellationToken cancellationToken = default)
    {
        var tag = $"{++_version}";
        Change(key, expectedETag, () => _states[key] = new VersionedState(content.ToArray(), tag));
        return Task.FromResult(tag);
    }

    public Task ClearAsync(string key, string? expectedETag, CancellationToken cancellationToken = default)
    {
        Change(key, expectedETag, () => _states.Remove(key));
        return Task.CompletedTask;
    }

    public async IAsyncEnumerable<string> ListAsync(
        string prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var key in _states.Keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal)).ToArray())
        {
            yield return key;
        }
        await Task.CompletedTask;
    }

    private void Change(string key, string? expected, Action change)
    {
        var fails = _failsAt is 0;
        _failsAt = _failsAt > 0 ? _failsAt - 1 : null;
        if (fails && !_failsAfter)
        {
            throw new IOException($"{key} could not be written.");
        }
        if (_states.GetValueOrDefault(key)?.ETag != expected)
        {
            throw new StateConflictException(key, expected, _states.GetValueOrDefault(key)?.ETag);
        }
        change();
        if (fails)
        {
            throw new IOException($"{key} was written, and its writer did not hear of it.");
        }
    }
}
