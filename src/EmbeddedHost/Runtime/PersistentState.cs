using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;

namespace OrleansTagging.EmbeddedHost;

/// <summary>Makes the persistent states that grain constructors ask for.</summary>
internal static class PersistentState
{
    private static readonly MethodInfo _create =
        typeof(PersistentState).GetMethod(nameof(CreateOf), BindingFlags.NonPublic | BindingFlags.Static)!;

    public static object Create(Type parameter, Activation activation, IPersistentStateConfiguration configuration) =>
        parameter.IsGenericType && parameter.GetGenericTypeDefinition() == typeof(IPersistentState<>)
            ? _create.MakeGenericMethod(parameter.GetGenericArguments())
                .Invoke(null, BindingFlags.DoNotWrapExceptions, null, [activation, configuration], null)!
            : throw new ArgumentException($"[PersistentState] stands on a parameter of type {parameter}, which is no IPersistentState<T>.");

    private static PersistentState<TState> CreateOf<TState>(Activation activation, IPersistentStateConfiguration configuration)
    {
        var services = activation.ActivationServices;
        var storage = string.IsNullOrWhiteSpace(configuration.StorageName)
            ? services.GetService<IGrainStorage>()
            : services.GetKeyedService<IGrainStorage>(configuration.StorageName);
        if (storage is null)
        {
            throw new BadProviderConfigException(string.IsNullOrWhiteSpace(configuration.StorageName)
                ? $"No default storage provider found loading grain type {activation.Class.Type.FullName}."
                : $"No storage provider named \"{configuration.StorageName}\" found while loading grain type "
                    + $"{activation.Class.Type.FullName}.");
        }

        var state = new PersistentState<TState>(configuration.StateName, activation, storage);
        activation.ObservableLifecycle.Subscribe(
            $"state {configuration.StateName}", GrainLifecycleStage.SetupState, _ => state.ReadStateAsync());
        return state;
    }
}

/// <summary>One persistent state of one activation.</summary>
internal sealed class PersistentState<TState>(string name, Activation activation, IGrainStorage storage) : IPersistentState<TState>
{
    private readonly GrainState<TState> _state = new(New());
    private bool _isRead;

    public TState State
    {
        get
        {
            Activation.CheckAccess();
            return _state.State!;
        }

        set
        {
            Activation.CheckAccess();
            _state.State = value;
        }
    }

    public string? Etag => _state.ETag;

    public bool RecordExists => _isRead ? _state.RecordExists : throw new InvalidOperationException("State has not yet been loaded");

    public Task ReadStateAsync() => ReadStateAsync(CancellationToken.None);

    public Task WriteStateAsync() => WriteStateAsync(CancellationToken.None);

    public Task ClearStateAsync() => ClearStateAsync(CancellationToken.None);

    public async Task ReadStateAsync(CancellationToken cancellationToken)
    {
        await RunAsync("ReadStateAsync", storage.ReadStateAsync, cancellationToken);
        _isRead = true;
        _state.State ??= New();
    }

    public Task WriteStateAsync(CancellationToken cancellationToken) =>
        RunAsync("WriteStateAsync", storage.WriteStateAsync, cancellationToken);

    public async Task ClearStateAsync(CancellationToken cancellationToken)
    {
        await RunAsync("ClearStateAsync", storage.ClearStateAsync, cancellationToken);
        _state.State ??= New();
    }

    private static TState? New()
    {
        var type = typeof(TState);
        return type.IsValueType || type.GetConstructor(Type.EmptyTypes) is not null ? Activator.CreateInstance<TState>()
            : type.IsArray || type == typeof(string) || type.IsAbstract ? default
            : (TState)System.Runtime.CompilerServices.RuntimeHelpers.GetUninitializedObject(type);
    }

    private async Task RunAsync(
        string operation, Func<string, GrainId, IGrainState<TState>, CancellationToken, Task> run, CancellationToken cancellationToken)
    {
        Activation.CheckAccess();
        if (activation.Silo.IsDead)
        {
            throw new SiloUnavailableException($"Silo {activation.Silo.Address} is gone: {operation} of {activation.GrainId}.");
        }

        try
        {
            await run(name, activation.GrainId, _state, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e) when (e is not OrleansException)
        {
            throw new OrleansException(
                $"Error from storage provider {storage.GetType().Name}.{name} during {operation} for grain {activation.GrainId}: "
                + e.Message,
                e);
        }
    }
}
