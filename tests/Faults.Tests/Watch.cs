using System.Text.Json;
using Orleans.Runtime;
using OrleansTagging.Abstractions;
using OrleansTagging.Grains;
using OrleansTagging.Labels;

namespace OrleansTagging.Faults.Tests;

/// <summary>Looks on from outside and objects to whatever must never be.</summary>
internal sealed class Watch
{
    private static readonly int[] s_promoted = [4, 8];
    private static readonly string[] s_steps = ["train", "score", "rank", "done"];

    private readonly MemoryDisk _disk;
    private readonly SimulatedTrainers _trainers;
    private readonly Func<SiloAddress[]> _living;
    private readonly Dictionary<long, string> _leases = [];
    private readonly Dictionary<int, (int Step, string? Selection)> _rounds = [];
    private string? _broken;

    public Watch(MemoryDisk disk, SimulatedTrainers trainers, Func<SiloAddress[]> living)
    {
        (_disk, _trainers, _living) = (disk, trainers, living);
        disk.Written = Written;
    }

    /// <summary>The scheduler's leases, and the Trainers that are at work at the same time.</summary>
    public void Check(SchedulerRecord scheduler)
    {
        Assert.Null(_broken);
        foreach (var lease in scheduler.Leases)
        {
            var what = $"{lease.Request.Job} on {lease.Silo} {lease.Device}";
            Assert.True(_leases.TryAdd(lease.Epoch, what) || _leases[lease.Epoch] == what,
                $"epoch {lease.Epoch} was given twice: {_leases[lease.Epoch]}, {what}");
        }
        Assert.All(scheduler.Leases.GroupBy(lease => lease.Request.Job), leases => Assert.Single(leases));
        foreach (var device in scheduler.Leases.GroupBy(lease => (lease.Silo, lease.Device)))
        {
            var slots = scheduler.Silos.FirstOrDefault(silo => silo.Silo.Equals(device.Key.Silo))?
                .Devices.Single(known => known.Name == device.Key.Device).Slots ?? World.SlotsOfSilo;
            Assert.True(
                device.Sum(lease => lease.Request.Slots) <= slots, $"{device.Key} is leased to {device.Count()} jobs at a time");
        }
        var living = _living();
        foreach (var lease in scheduler.Leases.Where(lease => living.Contains(lease.Silo)))
        {
            var holders = _trainers.AtWork.Count(trainer =>
                trainer.Job == lease.Request.Job && trainer.Silo.Equals(lease.Silo) && trainer.Device == lease.Device);
            Assert.True(holders <= 1, $"{holders} Trainers work on {lease.Request.Job} under one lease");
        }
    }

    /// <summary>Each round's selection is what follows from the scores that its shards keep.</summary>
    public void CheckRounds()
    {
        Assert.Null(_broken);
        var key = _disk.States.Keys.Single(known => known.StartsWith("grain/curriculum/", StringComparison.Ordinal));
        var curriculum = Read<CurriculumState>(key);
        Assert.Equal(s_promoted, curriculum.Rounds.Select(round => round.Record.Promoted));
        foreach (var round in curriculum.Rounds)
        {
            var scored = new List<(string Fname, AgreementKey Key)>();
            var told = new List<(string Fname, int Rank, bool Promoted)>();
            for (var shard = 0; shard < curriculum.Shards.Count; shard++)
            {
                var mine = Read<NoisyScoresState>($"grain/noisy-scores/demo/main/{shard}/scores")
                    .Rounds.Single(known => known.Request.Round == round.Record.Round);
                scored.AddRange(Rows(mine.Scores).Select(row => (row[0], new AgreementKey(Number(row[1]), Number(row[2])))));
                told.AddRange(Rows(mine.Ranks!).Select(row => (row[0], (int)Number(row[1]), row[2] == "1")));
            }
            Assert.Equal(24, scored.Count);
            var order = scored.OrderByDescending(clip => clip.Key).ThenBy(clip => clip.Fname, StringComparer.Ordinal)
                .Select(clip => clip.Fname).ToList();
            var promoted = order.Take(round.Record.K).ToList();
            Assert.Equal(promoted, Rows(round.Record.Selection!).Select(row => row[0]));
            Assert.Equal(order, told.OrderBy(clip => clip.Rank).Select(clip => clip.Fname));
            Assert.Equal(
                promoted.Order(StringComparer.Ordinal),
                told.Where(clip => clip.Promoted).Select(clip => clip.Fname).Order(StringComparer.Ordinal));
        }
    }

    private void Written(string key, byte[] content)
    {
        if (!key.StartsWith("grain/curriculum/", StringComparison.Ordinal))
        {
            return;
        }
        foreach (var round in JsonSerializer.Deserialize<CurriculumState>(content)!.Rounds.Select(round => round.Record))
        {
            var step = Array.IndexOf(s_steps, round.Step);
            var before = _rounds.GetValueOrDefault(round.Round);
            var isWell = step >= before.Step
                && (step < s_steps.Length - 1 || (round.Promoted == s_promoted[round.Round - 1] && round.K == round.Promoted))
                && (before.Selection is null || before.Selection == round.Selection)
                && (round.Round == 1 || _rounds.GetValueOrDefault(round.Round - 1).Step == s_steps.Length - 1);
            if (!isWell)
            {
                _broken ??= $"round {round.Round} came from {before} to step {step} with {round.Promoted} clips, {round.Selection}";
            }
            _rounds[round.Round] = (step, round.Step == "done" ? round.Selection : null);
        }
    }

    private T Read<T>(string key) => JsonSerializer.Deserialize<T>(_disk.States[key].Content)!;

    private List<string[]> Rows(string address) =>
        [.. System.Text.Encoding.UTF8.GetString(_disk.Artifacts[address]).Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1)
            .Select(line => line.Split(','))];

    private static double Number(string text) => double.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
