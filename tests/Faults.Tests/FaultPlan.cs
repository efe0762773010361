using System.Collections.Concurrent;
using OrleansTagging.Labels;

namespace OrleansTagging.Faults.Tests;

/// <summary>
/// Which operation meets which fault, by a seed. The n-th time that something is done to one thing it fares the same in every run of the
/// seed, whatever happens beside it.
/// </summary>
internal sealed class FaultPlan : IStoreFaults
{
    private static readonly TimeSpan s_latest = TimeSpan.FromSeconds(0.3);

    private readonly ConcurrentDictionary<(string Kind, string What), int> _met = new();
    private readonly ConcurrentDictionary<string, int> _struck = new(StringComparer.Ordinal);
    private readonly ulong _seed;
    private readonly Action<string>? _told;

    /// <summary>Draws how often which fault strikes: each kind is there in about half of the seeds.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="told">Told of each fault as it strikes.</param>
    public FaultPlan(int seed, Action<string>? told = null)
    {
        (_seed, _told) = ((ulong)seed, told);
        var random = SeededRandom.Of(_seed);
        double Share(double most) => random.NextInt(2) == 0 ? 0 : most * random.NextDouble();
        (CallLost, AnswerLost, CallLate, AnswerLate, CallTwice) = (Share(0.1), Share(0.1), Share(0.1), Share(0.1), Share(0.2));
        (ReadRefused, WriteRefused, WrittenUnseen, StoreLate) = (Share(0.1), Share(0.1), Share(0.1), Share(0.1));
        // Past the last write in some seeds, which then have no crash.
        Crash = new CrashPoint(WriteKind.State, 1 + random.NextInt(440), random.NextInt(2) == 0);
    }

    public double CallLost { get; }

    public double AnswerLost { get; }

    public double CallLate { get; }

    public double AnswerLate { get; }

    public double CallTwice { get; }

    private double ReadRefused { get; }

    private double WriteRefused { get; }

    private double WrittenUnseen { get; }

    private double StoreLate { get; }

    /// <summary>Where the first silo dies.</summary>
    public CrashPoint Crash { get; }

    /// <summary>How often each kind of fault has struck.</summary>
    public IReadOnlyDictionary<string, int> Struck => _struck;

    /// <summary>Whether a fault strikes now.</summary>
    /// <param name="kind">The kind, as it is counted: <c>write refused</c>.</param>
    /// <param name="share">Its share.</param>
    /// <param name="what">What it would strike.</param>
    public bool Strikes(string kind, double share, string what)
    {
        if (Draw(kind, what) >= share)
        {
            return false;
        }
        _struck.AddOrUpdate(kind, 1, (_, before) => before + 1);
        _told?.Invoke($"{kind}: {what}");
        return true;
    }

    /// <summary>Waits a while if a fault of that kind strikes.</summary>
    public async Task BeLateAsync(string kind, double share, string what)
    {
        if (Strikes(kind, share, what))
        {
            await Task.Delay(Draw("by how much", what) * s_latest);
        }
    }

    public async Task ReadAsync(string what)
    {
        await BeLateAsync("store late", StoreLate, what);
        if (Strikes("read refused", ReadRefused, what))
        {
            throw new IOException($"{what} cannot be read (injected)");
        }
    }

    public async Task WriteAsync(string what, ReadOnlyMemory<byte> content)
    {
        await BeLateAsync("store late", StoreLate, what);
        if (Strikes("write refused", WriteRefused, what))
        {
            throw new IOException($"{what} cannot be written (injected)");
        }
    }

    public Task WrittenAsync(string what) => Strikes("written unseen", WrittenUnseen, what)
        ? throw new IOException($"whether {what} was written is not known (injected)")
        : Task.CompletedTask;

    private double Draw(string kind, string what)
    {
        var time = _met.AddOrUpdate((kind, what), 0, (_, before) => before + 1);
        return SeededRandom.Of(_seed, SeededRandom.Key(kind), SeededRandom.Key(what), (ulong)time).NextDouble();
    }
}
