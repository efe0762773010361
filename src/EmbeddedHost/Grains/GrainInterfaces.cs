using Orleans.Runtime;

namespace Orleans
{
    /// <summary>Marks grain interfaces, as in Orleans.</summary>
    public interface IGrain : IAddressable;

    /// <summary>A grain with a text as its key, as in Orleans.</summary>
    public interface IGrainWithStringKey : IGrain;

    /// <summary>A grain with a number as its key, as in Orleans.</summary>
    public interface IGrainWithIntegerKey : IGrain;

    /// <summary>A grain with a GUID as its key, as in Orleans.</summary>
    public interface IGrainWithGuidKey : IGrain;

    /// <summary>A grain with a number and a text as its key, as in Orleans.</summary>
    public interface IGrainWithIntegerCompoundKey : IGrain;

    /// <summary>A grain with a GUID and a text as its key, as in Orleans.</summary>
    public interface IGrainWithGuidCompoundKey : IGrain;

    /// <summary>What every grain class is, as in Orleans.</summary>
    public interface IGrainBase
    {
        /// <summary>The activation.</summary>
        IGrainContext GrainContext { get; }

        /// <summary>Runs before the first request.</summary>
        Task OnActivateAsync(CancellationToken token) => Task.CompletedTask;

        /// <summary>Runs after the last request.</summary>
        Task OnDeactivateAsync(DeactivationReason reason, CancellationToken token) => Task.CompletedTask;
    }

    /// <summary>Makes references to grains, as in Orleans.</summary>
    public interface IGrainFactory
    {
        /// <summary>The grain of this class and key.</summary>
        TGrainInterface GetGrain<TGrainInterface>(Guid primaryKey, string? grainClassNamePrefix = null)
            where TGrainInterface : IGrainWithGuidKey;

        /// <summary>The grain of this class and key.</summary>
        TGrainInterface GetGrain<TGrainInterface>(long primaryKey, string? grainClassNamePrefix = null)
            where TGrainInterface : IGrainWithIntegerKey;

        /// <summary>The grain of this class and key.</summary>
        TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
            where TGrainInterface : IGrainWithStringKey;

        /// <summary>The grain of this class and key.</summary>
        TGrainInterface GetGrain<TGrainInterface>(Guid primaryKey, string keyExtension, string? grainClassNamePrefix = null)
            where TGrainInterface : IGrainWithGuidCompoundKey;

        /// <summary>The grain of this class and key.</summary>
        TGrainInterface GetGrain<TGrainInterface>(long primaryKey, string keyExtension, string? grainClassNamePrefix = null)
            where TGrainInterface : IGrainWithIntegerCompoundKey;

        /// <summary>The grain of this class and key.</summary>
        IGrain GetGrain(Type grainInterfaceType, Guid grainPrimaryKey);

        /// <summary>The grain of this class and key.</summary>
        IGrain GetGrain(Type grainInterfaceType, long grainPrimaryKey);

        /// <summary>The grain of this class and key.</summary>
        IGrain GetGrain(Type grainInterfaceType, string grainPrimaryKey);

        /// <summary>The grain of this identity.</summary>
        TGrainInterface GetGrain<TGrainInterface>(GrainId grainId)
            where TGrainInterface : IAddressable;

        /// <summary>The grain of this identity, to be cast to one of its interfaces.</summary>
        IAddressable GetGrain(GrainId grainId);
    }

    /// <summary>Makes references to grains from outside the silos, as in Orleans.</summary>
    public interface IClusterClient : IGrainFactory
    {
        /// <summary>The services of the client's host.</summary>
        IServiceProvider ServiceProvider { get; }
    }
}

namespace Orleans.Runtime
{
    /// <summary>What can be called: a grain or a reference to one, as in Orleans.</summary>
    public interface IAddressable;

    /// <summary>One activation of a grain, as in Orleans.</summary>
    public interface IGrainContext : IEquatable<IGrainContext>
    {
        /// <summary>A reference to the grain.</summary>
        GrainReference GrainReference { get; }

        /// <summary>The grain's identity.</summary>
        GrainId GrainId { get; }

        /// <summary>The grain object; null before it is made.</summary>
        object? GrainInstance { get; }

        /// <summary>The services of this activation.</summary>
        IServiceProvider ActivationServices { get; }

        /// <summary>The start and stop of this activation.</summary>
        IGrainLifecycle ObservableLifecycle { get; }

        /// <summary>Ends once the activation is gone.</summary>
        Task Deactivated { get; }

        /// <summary>Begins to deactivate as soon as no request runs.</summary>
        void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default);
    }

    /// <summary>The activation whose code runs on this thread, as in Orleans.</summary>
    public interface IGrainContextAccessor
    {
        /// <summary>The activation.</summary>
        IGrainContext GrainContext { get; }
    }
}
