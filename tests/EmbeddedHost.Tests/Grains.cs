using System.Collections.Immutable;
using Orleans;
using Orleans.Concurrency;
using Orleans.Placement;
using Orleans.Runtime;

namespace OrleansTagging.EmbeddedHost.Tests;

public interface ICounterGrain : IGrainWithStringKey
{
    Task<int> Increment();

    Task<int> IncrementSlowly(int steps);

    Task<int> Value();

    [AlwaysInterleave]
    Task<int> Peek();

    [ReadOnly]
    Task<int> Look(int steps);

    Task Deactivate();

    Task<string> Silo();

    Task Fail(string message);
}

public sealed class CounterGrain(ILocalSiloDetails silo) : Grain, ICounterGrain
{
    private int _value;
    private int _inside;

    public Task<int> Increment() => Task.FromResult(++_value);

    public async Task<int> IncrementSlowly(int steps)
    {
        Assert.Equal(0, _inside++);
        var value = _value;
        for (var i = 0; i < steps; i++)
        {
            await Task.Yield();
        }

        _value = value + 1;
        _inside--;
        return _value;
    }

    public Task<int> Value() => Task.FromResult(_value);

    public Task<int> Peek() => Task.FromResult(_value);

    public async Task<int> Look(int steps)
    {
        for (var i = 0; i < steps; i++)
        {
            await Task.Yield();
        }

        return _value;
    }

    public Task Deactivate()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public Task<string> Silo() => Task.FromResult(silo.SiloAddress.ToString());

    public Task Fail(string message) => throw new InvalidDataException(message);
}

public interface IGateGrain : IGrainWithStringKey
{
    Task Wait();

    Task<bool> WaitCancellable(CancellationToken cancellationToken);

    Task Quick();

    [AlwaysInterleave]
    Task Open();

    [ReadOnly]
    Task WaitReading();

    [ReadOnly]
    Task<string> Read();

    [ResponseTimeout("00:00:00.050")]
    Task WaitBriefly();

    [OneWay]
    Task Shout();
}

public sealed class GateGrain(Journal journal) : Grain, IGateGrain
{
    private readonly TaskCompletionSource _open = new();

    public Task Wait()
    {
        journal.Add("wait");
        return _open.Task;
    }

    public async Task<bool> WaitCancellable(CancellationToken cancellationToken)
    {
        journal.Add("wait");
        try
        {
            await _open.Task.WaitAsync(cancellationToken);
            return false;
        }
        catch (OperationCanceledException)
        {
            journal.Add("cancelled");
            return true;
        }
    }

    public Task Quick()
    {
        journal.Add("quick");
        return Task.CompletedTask;
    }

    public Task Open()
    {
        _open.TrySetResult();
        return Task.CompletedTask;
    }

    public Task WaitReading() => _open.Task;

    public Task<string> Read() => Task.FromResult("read");

    public Task WaitBriefly() => _open.Task;

    public Task Shout()
    {
        journal.Add("shout");
        throw new InvalidOperationException("nobody hears this");
    }
}

public interface IPairGrain : IGrainWithIntegerKey
{
    Task<int> CallBack(IPairGrain other, int depth);

    Task<int> Answer();
}

public sealed class PairGrain : Grain, IPairGrain
{
    public async Task<int> CallBack(IPairGrain other, int depth) =>
        depth == 0 ? 0 : 1 + await other.CallBack(this.AsReference<IPairGrain>(), depth - 1);

    public Task<int> Answer() => Task.FromResult((int)this.GetPrimaryKeyLong());
}

public interface IOpenPairGrain : IGrainWithGuidKey
{
    Task<int> CallBack(IOpenPairGrain other, int depth);
}

[Reentrant]
public sealed class OpenPairGrain : Grain, IOpenPairGrain
{
    public async Task<int> CallBack(IOpenPairGrain other, int depth) =>
        depth == 0 ? 0 : 1 + await other.CallBack(this.AsReference<IOpenPairGrain>(), depth - 1);
}

[GenerateSerializer]
public sealed record Parcel(string Name, List<int> Weights, Dictionary<string, Parcel> Inner)
{
    [Id(0)]
    public int[] Marks { get; init; } = [];

    [Id(1)]
    public ImmutableArray<string> Tags { get; init; } = [];

    [Id(2)]
    public Parcel? Twin { get; set; }

    [Id(3)]
    public DateTimeOffset? At { get; init; }

    [Id(4)]
    public IReadOnlyList<double> Scores { get; init; } = Array.Empty<double>();
}

[GenerateSerializer]
public struct Weight
{
    [Id(0)]
    public double[] Grams;
}

public sealed record Unmarked(string Name);

[GenerateSerializer]
public sealed class Forgetful
{
    [Id(0)]
    public string Kept { get; set; } = "";

    public string Lost { get; set; } = "";
}

[Immutable]
[GenerateSerializer]
public sealed class Stone
{
    [Id(0)]
    public int[] Grains { get; init; } = [];
}

public interface IParcelGrain : IGrainWithStringKey
{
    Task Keep(Parcel parcel);

    Task<Parcel> Kept();

    Task<bool> IsSame(Stone stone);

    Task<bool> IsSameAsImmutable(Immutable<int[]> marks);

    Task<bool> IsSameParameter([Immutable] int[] marks);

    Task KeepWeight(Weight weight);

    Task<Weight> KeptWeight();

    Task Take(object anything);

    Task<int> Call(ICounterGrain counter);

    Task<Parcel> Echo(Parcel parcel);
}

public sealed class ParcelGrain : Grain, IParcelGrain
{
    public static readonly Stone Stone = new() { Grains = [1, 2, 3] };

    public static readonly int[] Marks = [1, 2, 3];

    private Parcel? _kept;
    private Weight _weight;

    public Task Keep(Parcel parcel)
    {
        _kept = parcel;
        return Task.CompletedTask;
    }

    public Task<Parcel> Kept() => Task.FromResult(_kept!);

    public Task<bool> IsSame(Stone stone) => Task.FromResult(ReferenceEquals(stone, Stone));

    public Task<bool> IsSameAsImmutable(Immutable<int[]> marks) => Task.FromResult(ReferenceEquals(marks.Value, Marks));

    public Task<bool> IsSameParameter(int[] marks) => Task.FromResult(ReferenceEquals(marks, Marks));

    public Task KeepWeight(Weight weight)
    {
        _weight = weight;
        return Task.CompletedTask;
    }

    public Task<Weight> KeptWeight() => Task.FromResult(_weight);

    public Task Take(object anything) => Task.CompletedTask;

    public Task<int> Call(ICounterGrain counter) => counter.Increment();

    public Task<Parcel> Echo(Parcel parcel) => Task.FromResult(parcel);
}

[GenerateSerializer]
public sealed class Account
{
    [Id(0)]
    public int Balance { get; set; }
}

public interface IAccountGrain : IGrainWithStringKey
{
    Task<int> Deposit(int amount);

    Task<int> Balance();

    Task<string?> Etag();

    Task Clear();

    Task<Guid> Activation();
}

public sealed class AccountGrain([PersistentState("account")] IPersistentState<Account> account) : Grain, IAccountGrain
{
    private readonly Guid _activation = Guid.NewGuid();

    public async Task<int> Deposit(int amount)
    {
        account.State.Balance += amount;
        await account.WriteStateAsync();
        return account.State.Balance;
    }

    public Task<int> Balance() => Task.FromResult(account.State.Balance);

    public Task<string?> Etag() => Task.FromResult(account.Etag);

    public Task Clear() => account.ClearStateAsync();

    public Task<Guid> Activation() => Task.FromResult(_activation);
}

public interface IMissingStorageGrain : IGrainWithStringKey
{
    Task Touch();
}

public sealed class MissingStorageGrain([PersistentState("x", "nowhere")] IPersistentState<Account> state) : Grain, IMissingStorageGrain
{
    public Task Touch() => state.ReadStateAsync();
}

public interface IAlarmGrain : IGrainWithStringKey
{
    Task SetReminder(string name, TimeSpan due, TimeSpan period);

    Task<int> Reminders();

    Task RemoveReminder(string name);

    Task StartTimer(TimeSpan due, TimeSpan period, bool keepAlive = false);

    Task Delay(TimeSpan time);

    Task Deactivate();
}

public sealed class AlarmGrain(Journal journal) : Grain, IAlarmGrain, IRemindable
{
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        journal.Add("activate");
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        journal.Add($"deactivate {reason.ReasonCode}");
        return Task.CompletedTask;
    }

    public Task SetReminder(string name, TimeSpan due, TimeSpan period) => this.RegisterOrUpdateReminder(name, due, period);

    public async Task<int> Reminders() => (await this.GetReminders()).Count;

    public async Task RemoveReminder(string name) => await this.UnregisterReminder((await this.GetReminder(name))!);

    public Task Delay(TimeSpan time)
    {
        DelayDeactivation(time);
        return Task.CompletedTask;
    }

    public Task StartTimer(TimeSpan due, TimeSpan period, bool keepAlive)
    {
        this.RegisterGrainTimer(
            () =>
            {
                journal.Add("tick");
                return Task.CompletedTask;
            },
            new GrainTimerCreationOptions(due, period) { KeepAlive = keepAlive });
        return Task.CompletedTask;
    }

    public Task Deactivate()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public Task ReceiveReminder(string reminderName, TickStatus status)
    {
        journal.Add($"reminder {reminderName}");
        return Task.CompletedTask;
    }
}

/// <summary>Uses the services of its activation on a thread of the pool.</summary>
public interface IStrayGrain : IGrainWithStringKey
{
    Task<string?> Off(string what);

    Task<string?> On(string what);
}

public sealed class StrayGrain([PersistentState("stray")] IPersistentState<Account> account) : Grain, IStrayGrain, IRemindable
{
    public async Task<string?> Off(string what) => await Task.Run(() => RefusalOf(what));

    public Task<string?> On(string what) => RefusalOf(what);

    public Task ReceiveReminder(string reminderName, TickStatus status) => Task.CompletedTask;

    private async Task<string?> RefusalOf(string what)
    {
        try
        {
            await Use(what);
            return null;
        }
        catch (InvalidOperationException refusal)
        {
            return refusal.Message;
        }
    }

    private async Task Use(string what)
    {
        switch (what)
        {
            case "read":
                _ = account.State;
                return;
            case "set":
                account.State = new Account();
                return;
            case "write state":
                await account.WriteStateAsync();
                return;
            case "grain factory":
                _ = GrainFactory;
                return;
            case "timer":
                this.RegisterGrainTimer(() => Task.CompletedTask, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
                return;
            case "reminder":
                await this.RegisterOrUpdateReminder("r", TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
                return;
            case "reminders":
                await this.GetReminders();
                return;
            default:
                DelayDeactivation(TimeSpan.FromMinutes(1));
                DeactivateOnIdle();
                return;
        }
    }
}

public interface IAcceleratedGrain : IGrainWithStringKey
{
    Task<SiloAddress> Where();
}

[AcceleratorPlacementFilter]
[RandomPlacement]
public sealed class AcceleratedGrain(ILocalSiloDetails silo) : Grain, IAcceleratedGrain
{
    public Task<SiloAddress> Where() => Task.FromResult(silo.SiloAddress);
}

public interface ILocalGrain : IGrainWithStringKey
{
    Task<SiloAddress> Where();

    Task<SiloAddress> WhereIs(string key);
}

[PreferLocalPlacement]
public sealed class LocalGrain(ILocalSiloDetails silo) : Grain, ILocalGrain
{
    public Task<SiloAddress> Where() => Task.FromResult(silo.SiloAddress);

    public Task<SiloAddress> WhereIs(string key) => GrainFactory.GetGrain<ILocalGrain>(key).Where();
}

public interface IContextGrain : IGrainWithStringKey
{
    Task<string?> Get(string key);

    Task<string?> GetThrough(string key, IContextGrain next);

    Task<bool> EscapesByTaskRun();
}

public sealed class ContextGrain(IGrainContextAccessor accessor) : Grain, IContextGrain
{
    public Task<string?> Get(string key) => Task.FromResult((string?)RequestContext.Get(key));

    public async Task<string?> GetThrough(string key, IContextGrain next)
    {
        await Task.Yield();
        return await next.Get(key);
    }

    public async Task<bool> EscapesByTaskRun()
    {
        var scheduler = TaskScheduler.Current;
        var escaped = await Task.Run(() => TaskScheduler.Current != scheduler && accessor.GrainContext is null);
        return escaped && TaskScheduler.Current == scheduler && ReferenceEquals(accessor.GrainContext, GrainContext);
    }
}

[AttributeUsage(AttributeTargets.Class)]
public sealed class AcceleratorPlacementFilterAttribute() : PlacementFilterAttribute(new AcceleratorPlacementFilter());

public sealed class AcceleratorPlacementFilter() : PlacementFilterStrategy(0);

public sealed class AcceleratorPlacementFilterDirector(Orleans.Runtime.MembershipService.SiloMetadata.ISiloMetadataCache metadata)
    : IPlacementFilterDirector
{
    public IEnumerable<SiloAddress> Filter(
        PlacementFilterStrategy filterStrategy, Orleans.Runtime.Placement.PlacementTarget target, IEnumerable<SiloAddress> silos) =>
        silos.Where(s => metadata.GetSiloMetadata(s).Metadata.GetValueOrDefault("accelerator") == "cuda");
}
