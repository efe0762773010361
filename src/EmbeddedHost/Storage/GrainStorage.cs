using Orleans.Runtime;

namespace Orleans.Storage
{
    /// <summary>Where grains keep their state, as in Orleans. Registered by name as a keyed service.</summary>
    public interface IGrainStorage
    {
        /// <summary>Reads state; where there is none the state stays as it is and <c>RecordExists</c> is false.</summary>
        Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState);

        /// <summary>Reads state.</summary>
        Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken) =>
            ReadStateAsync(stateName, grainId, grainState);

        /// <summary>Writes state where its ETag is still the stored one, else throws <see cref="InconsistentStateException"/>.</summary>
        Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState);

        /// <summary>Writes state.</summary>
        Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken) =>
            WriteStateAsync(stateName, grainId, grainState);

        /// <summary>Removes state where its ETag is still the stored one, else throws <see cref="InconsistentStateException"/>.</summary>
        Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState);

        /// <summary>Removes state.</summary>
        Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken) =>
            ClearStateAsync(stateName, grainId, grainState);
    }

    /// <summary>The stored state is not the one that this activation read, as in Orleans. Whoever throws it is deactivated.</summary>
    [GenerateSerializer]
    public class InconsistentStateException : OrleansException
    {
        /// <summary>An exception without a message of its own.</summary>
        public InconsistentStateException()
        {
        }

        /// <summary>An exception with its message.</summary>
        public InconsistentStateException(string message)
            : base(message)
        {
        }

        /// <summary>An exception with its message and cause.</summary>
        public InconsistentStateException(string message, Exception? innerException)
            : base(message, innerException!)
        {
        }

        /// <summary>An exception with both ETags.</summary>
        public InconsistentStateException(string errorMsg, string? storedEtag, string? currentEtag, Exception? storageException)
            : base(errorMsg, storageException!)
        {
            StoredEtag = storedEtag;
            CurrentEtag = currentEtag;
        }

        /// <summary>An exception with both ETags.</summary>
        public InconsistentStateException(string errorMsg, string? storedEtag, string? currentEtag)
            : this(errorMsg, storedEtag, currentEtag, null)
        {
        }

        /// <summary>An exception with both ETags and the storage's own exception.</summary>
        public InconsistentStateException(string? storedEtag, string? currentEtag, Exception storageException)
            : this(storageException.Message, storedEtag, currentEtag, storageException)
        {
        }

        /// <summary>The ETag in the storage.</summary>
        [Id(1)]
        public string? StoredEtag { get; private set; }

        /// <summary>The ETag of the state in memory.</summary>
        [Id(2)]
        public string? CurrentEtag { get; private set; }

        /// <summary>False once the activation that met it has been told: callers further up are not at fault.</summary>
        [Id(0)]
        internal bool IsSourceActivation { get; set; } = true;
    }

    /// <summary>A provider is missing or wrongly set up, as in Orleans.</summary>
    [GenerateSerializer]
    public sealed class BadProviderConfigException : OrleansException
    {
        /// <summary>An exception without a message of its own.</summary>
        public BadProviderConfigException()
        {
        }

        /// <summary>An exception with its message.</summary>
        public BadProviderConfigException(string msg)
            : base(msg)
        {
        }

        /// <summary>An exception with its message and cause.</summary>
        public BadProviderConfigException(string msg, Exception exc)
            : base(msg, exc)
        {
        }
    }
}

namespace Orleans
{
    /// <summary>State with its ETag, as a storage sees it, as in Orleans.</summary>
    public interface IGrainState<T>
    {
        /// <summary>The state.</summary>
        T? State { get; set; }

        /// <summary>The version of what is stored; null where nothing is known.</summary>
        string? ETag { get; set; }

        /// <summary>Whether anything is stored.</summary>
        bool RecordExists { get; set; }
    }

    /// <summary>State with its ETag, as in Orleans.</summary>
    [GenerateSerializer]
    public sealed class GrainState<T> : IGrainState<T>
    {
        /// <summary>Nothing.</summary>
        public GrainState()
        {
        }

        /// <summary>A state.</summary>
        public GrainState(T? state)
            : this(state, null)
        {
        }

        /// <summary>A state and its ETag.</summary>
        public GrainState(T? state, string? eTag)
        {
            State = state;
            ETag = eTag;
        }

        /// <inheritdoc/>
        [Id(0)]
        public T? State { get; set; }

        /// <inheritdoc/>
        [Id(1)]
        public string? ETag { get; set; }

        /// <inheritdoc/>
        [Id(2)]
        public bool RecordExists { get; set; }
    }
}

namespace Orleans.Core
{
    /// <summary>Reads and writes the state of one grain, as in Orleans.</summary>
    public interface IStorage
    {
        /// <summary>The version of what is stored; null where nothing is known.</summary>
        string? Etag { get; }

        /// <summary>Whether anything is stored.</summary>
        bool RecordExists { get; }

        /// <summary>Removes what is stored.</summary>
        Task ClearStateAsync();

        /// <summary>Removes what is stored.</summary>
        Task ClearStateAsync(CancellationToken cancellationToken) => ClearStateAsync();

        /// <summary>Stores the state.</summary>
        Task WriteStateAsync();

        /// <summary>Stores the state.</summary>
        Task WriteStateAsync(CancellationToken cancellationToken) => WriteStateAsync();

        /// <summary>Reads the state anew.</summary>
        Task ReadStateAsync();

        /// <summary>Reads the state anew.</summary>
        Task ReadStateAsync(CancellationToken cancellationToken) => ReadStateAsync();
    }

    /// <summary>Reads and writes the state of one grain, as in Orleans.</summary>
    public interface IStorage<TState> : IStorage
    {
        /// <summary>The state in memory.</summary>
        TState State { get; set; }
    }
}

namespace Orleans.Runtime
{
    /// <summary>The state of a grain that outlives it, read before the grain is activated, as in Orleans.</summary>
    public interface IPersistentState<TState> : Core.IStorage<TState>;

    /// <summary>The name of a state and of its storage, as in Orleans.</summary>
    public interface IPersistentStateConfiguration
    {
        /// <summary>The state's name.</summary>
        string StateName { get; }

        /// <summary>The storage's name; null for the default one.</summary>
        string? StorageName { get; }
    }

    /// <summary>Names the state and the storage of a constructor's <see cref="IPersistentState{TState}"/>, as in Orleans.</summary>
    [AttributeUsage(AttributeTargets.Parameter)]
    public class PersistentStateAttribute(string stateName, string? storageName = null) : Attribute, IPersistentStateConfiguration
    {
        /// <inheritdoc/>
        public string StateName { get; } = stateName;

        /// <inheritdoc/>
        public string? StorageName { get; } = storageName;
    }
}
