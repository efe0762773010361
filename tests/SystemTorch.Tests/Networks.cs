using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace OrleansTagging.SystemTorch.Tests;

/// <summary>Networks that several tests train.</summary>
internal static class Networks
{
    internal static nn.Module<Tensor, Tensor> Small() => new SmallNetwork();

    /// <summary>Batch norm, convolution, pooling and PReLU, then a linear layer on the greatest value of each channel.</summary>
    private sealed class SmallNetwork : nn.Module<Tensor, Tensor>
    {
        private readonly Sequential _body;
        private readonly Linear _head;

        internal SmallNetwork()
            : base(nameof(SmallNetwork))
        {
            _body = nn.Sequential(
                ("norm", nn.BatchNorm2d(2)), ("conv", nn.Conv2d(2, 8, 3, padding: 1)), ("pool", nn.MaxPool2d(2, ceil_mode: true)),
                ("act", nn.PReLU(8)), ("drop", nn.Dropout(0.2)));
            _head = nn.Linear(8, 3);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            return scope.MoveToOuter(_head.call(_body.call(input).amax([2, 3])));
        }
    }
}
