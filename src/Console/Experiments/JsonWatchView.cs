using OrleansTagging.Abstractions;

namespace OrleansTagging.Commands.Experiments;

/// <summary>
/// A line of JSON for each change: <c>{"event":"progress","at":…,"progress":{…},"queue":…,"devices":[…]}</c>, and <c>lost</c> with
/// the reason and <c>found</c> where the silo goes and comes.
/// </summary>
internal sealed class JsonWatchView(Terminal terminal) : WatchView
{
    private string? _last;

    public override void Show(Observation observation)
    {
        if (observation is Lost lost)
        {
            terminal.WriteJsonLine(new { Event = "lost", lost.At, lost.Why });
            return;
        }
        if (observation is not Seen seen)
        {
            terminal.WriteJsonLine(new { Event = "found", observation.At });
            return;
        }
        var devices = DeviceLoad.Of(seen.Scheduler);
        // The clocks of jobs go on by themselves.
        var running = Array.ConvertAll(seen.Progress.Running, job => job with { Seconds = null });
        var state = Terminal.JsonLine(new { Progress = seen.Progress with { Running = running }, seen.Scheduler.Queue.Length, devices });
        if (state != _last)
        {
            _last = state;
            var queue = seen.Scheduler.Queue.Length;
            terminal.WriteJsonLine(new { Event = "progress", seen.At, seen.Progress, Queue = queue, Devices = devices });
        }
    }
}

/// <summary>A device and how much of it is used.</summary>
/// <param name="Host">The machine.</param>
/// <param name="Device">The device: <c>cpu</c>, <c>cuda:0</c>.</param>
/// <param name="Used">Its slots under leases.</param>
/// <param name="Slots">Its slots.</param>
internal sealed record DeviceLoad(string Host, string Device, int Used, int Slots)
{
    /// <summary>The devices of all silos.</summary>
    public static DeviceLoad[] Of(SchedulerRecord scheduler) =>
    [
        .. scheduler.Silos.SelectMany(silo => silo.Devices.Select(device => new DeviceLoad(
            silo.Host,
            device.Name,
            scheduler.Leases.Where(lease => lease.Silo.Equals(silo.Silo) && lease.Device == device.Name).Sum(lease => lease.Request.Slots),
            device.Slots))),
    ];
}
