using Orleans.Runtime;
using OrleansTagging.EmbeddedHost;

namespace Orleans;

/// <summary>The base of grain classes, as in Orleans.</summary>
public abstract class Grain : IGrainBase, IAddressable
{
    private readonly Activation? _activation;

    /// <summary>A grain in the activation that is being made.</summary>
    protected Grain() => _activation = Activation.Constructing;

    /// <inheritdoc/>
    public IGrainContext GrainContext => Mine;

    /// <summary>A reference to this grain.</summary>
    public GrainReference GrainReference => Mine.GrainReference;

    /// <summary>The text of this grain's identity.</summary>
    public string IdentityString => Mine.GrainId.ToString();

    /// <summary>The address of the silo, as text.</summary>
    public string RuntimeIdentity => Mine.Silo.Address.ToString();

    /// <summary>Makes references to other grains.</summary>
    protected IGrainFactory GrainFactory
    {
        get
        {
            Activation.CheckAccess();
            return Mine.Silo.Client;
        }
    }

    /// <summary>The services of this activation.</summary>
    protected internal IServiceProvider ServiceProvider => Mine.ActivationServices;

    private Activation Mine =>
        _activation ?? throw new InvalidOperationException("A grain was made by hand: only the silo makes grains.");

    /// <inheritdoc cref="IGrainBase.OnActivateAsync"/>
    public virtual Task OnActivateAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc cref="IGrainBase.OnDeactivateAsync"/>
    public virtual Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Ends this activation once no request runs.</summary>
    protected void DeactivateOnIdle()
    {
        Mine.CheckNotGone();
        GrainBaseExtensions.DeactivateOnIdle(this);
    }

    /// <summary>Keeps this activation from being collected for a time; a negative time takes that back.</summary>
    protected void DelayDeactivation(TimeSpan timeSpan)
    {
        Mine.CheckNotGone();
        Mine.DelayDeactivation(timeSpan);
    }
}
