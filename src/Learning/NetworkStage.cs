using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansTagging.Learning;

/// <summary>
/// One of the parts of a network that work on the clips' frames, each on the output of the one before it:
/// <c>[clips, in, frames, bands]</c> to <c>[clips, <see cref="Channels"/>, …]</c>, both in their packed form (<see
/// cref="FrameMask.Pack"/>). Called with the input, the input's frames and the output's frames (<see cref="Pooled"/>).
/// </summary>
public abstract class NetworkStage : Module<Tensor, FrameMask, FrameMask, Tensor>
{
    private protected NetworkStage(string name, int channels) : base(name) => Channels = channels;

    /// <summary>Channels of the output.</summary>
    public int Channels { get; }

    /// <summary>The output's frames.</summary>
    public abstract FrameMask Pooled(FrameMask mask);
}
