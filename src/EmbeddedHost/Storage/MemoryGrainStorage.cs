using System.Globalization;
using Orleans.Runtime;
using OrleansTagging.EmbeddedHost;

namespace Orleans.Storage
{
    /// <summary>State in memory, shared by the silos of a cluster and gone with it, as in Orleans.</summary>
    public class MemoryGrainStorage : IGrainStorage
    {
        private readonly string _name;
        private readonly MemoryStore _store;

        internal MemoryGrainStorage(string name, EmbeddedCluster cluster)
        {
            _name = name;
            _store = cluster.Memory;
        }

        /// <inheritdoc/>
        public virtual Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            if (_store.Read((_name, stateName, grainId)) is { } stored)
            {
                grainState.State = (T?)DeepCopier.Lenient.Copy(stored.State);
                grainState.ETag = stored.ETag;
                grainState.RecordExists = true;
            }
            else
            {
                grainState.ETag = null;
                grainState.RecordExists = false;
            }

            return Task.CompletedTask;
        }

        /// <inheritdoc/>
        public virtual Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            grainState.ETag = _store.Write((_name, stateName, grainId), DeepCopier.Lenient.Copy(grainState.State), grainState.ETag);
            grainState.RecordExists = true;
            return Task.CompletedTask;
        }

        /// <inheritdoc/>
        public virtual Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            _store.Clear((_name, stateName, grainId), grainState.ETag);
            grainState.State = default;
            grainState.ETag = null;
            grainState.RecordExists = false;
            return Task.CompletedTask;
        }
    }
}

namespace OrleansTagging.EmbeddedHost
{
    /// <summary>The states that a cluster keeps in memory, each with its ETag.</summary>
    internal sealed class MemoryStore
    {
        private readonly Dictionary<(string Storage, string State, GrainId Grain), (object? State, string ETag)> _stored = [];
        private readonly Lock _lock = new();
        private long _version;

        public (object? State, string ETag)? Read((string, string, GrainId) key)
        {
            lock (_lock)
            {
                return _stored.TryGetValue(key, out var stored) ? stored : null;
            }
        }

        public string Write((string, string, GrainId) key, object? state, string? etag)
        {
            lock (_lock)
            {
                Check(key, etag);
                var next = (++_version).ToString(CultureInfo.InvariantCulture);
                _stored[key] = (state, next);
                return next;
            }
        }

        public void Clear((string, string, GrainId) key, string? etag)
        {
            lock (_lock)
            {
                Check(key, etag);
                _stored.Remove(key);
            }
        }

        private void Check((string Storage, string State, GrainId Grain) key, string? etag)
        {
            var stored = _stored.TryGetValue(key, out var found) ? found.ETag : null;
            if (stored != etag)
            {
                throw new Orleans.Storage.InconsistentStateException(
                    $"State {key.State} of {key.Grain} has changed in storage {key.Storage}.", stored, etag);
            }
        }
    }
}
