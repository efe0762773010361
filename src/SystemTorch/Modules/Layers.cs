using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Modules
{
    /// <summary>Convolution of images <c>[images, channels, height, width]</c>.</summary>
    public sealed class Conv2d : nn.Module<Tensor, Tensor>
    {
        private readonly long[] _stride;
        private readonly long[] _padding;
        private readonly long[] _dilation;
        private readonly Padding? _paddingByName;
        private readonly PaddingModes _paddingMode;
        private readonly long _groups;

        [ComponentName(Name = nameof(weight))]
        private readonly Parameter _weight;

        [ComponentName(Name = nameof(bias))]
        private readonly Parameter? _bias;

        internal Conv2d(
            long inChannels, long outChannels, (long, long) kernel, (long, long) stride, (long, long) padding, Padding? paddingByName,
            (long, long) dilation, PaddingModes paddingMode, long groups, bool bias, Device? device, ScalarType? dtype)
            : base(nameof(Conv2d))
        {
            in_channels = inChannels;
            out_channels = outChannels;
            _stride = [stride.Item1, stride.Item2];
            _padding = [padding.Item1, padding.Item2];
            _dilation = [dilation.Item1, dilation.Item2];
            _paddingByName = paddingByName;
            _paddingMode = paddingMode;
            _groups = groups;
            _weight = new Parameter(empty([outChannels, inChannels / groups, kernel.Item1, kernel.Item2], dtype, device));
            _bias = bias ? new Parameter(empty(outChannels, dtype, device)) : null;
            reset_parameters();
            RegisterComponents();
        }

        public long in_channels { get; }

        public long out_channels { get; }

        public Parameter weight => _weight;

        public Parameter? bias => _bias;

        public void reset_parameters() => Weights.Reset(_weight, _bias);

        /// <inheritdoc/>
        public override Tensor forward(Tensor input)
        {
            if (_paddingMode != PaddingModes.Zeros)
            {
                using var padded = F.pad(input, [_padding[1], _padding[1], _padding[0], _padding[0]], _paddingMode);
                return F.conv2d(padded, _weight, _bias, _stride, null, _dilation, _groups);
            }

            return _paddingByName is null
                ? F.conv2d(input, _weight, _bias, _stride, _padding, _dilation, _groups)
                : F.conv2d_padding(input, _weight, _bias, _stride, _paddingByName.Value, _dilation, _groups);
        }
    }

    /// <summary>Matrix product with a weight <c>[outputs, inputs]</c>, plus a bias.</summary>
    public sealed class Linear : nn.Module<Tensor, Tensor>
    {
        [ComponentName(Name = nameof(weight))]
        private readonly Parameter _weight;

        [ComponentName(Name = nameof(bias))]
        private readonly Parameter? _bias;

        internal Linear(long inputs, long outputs, bool hasBias, Device? device, ScalarType? dtype)
            : base(nameof(Linear))
        {
            _weight = new Parameter(empty(outputs, inputs, dtype, device));
            _bias = hasBias ? new Parameter(empty(outputs, dtype, device)) : null;
            Weights.Reset(_weight, _bias);
            RegisterComponents();
        }

        public Parameter weight => _weight;

        public Parameter? bias => _bias;

        /// <inheritdoc/>
        public override Tensor forward(Tensor input) => F.linear(input, _weight, _bias);
    }

    /// <summary>Batch normalisation (Ioffe and Szegedy 2015) of axis 1.</summary>
    public abstract class BatchNorm : nn.Module<Tensor, Tensor>
    {
        [ComponentName(Name = nameof(weight))]
        private readonly Parameter? _weight;

        [ComponentName(Name = nameof(bias))]
        private readonly Parameter? _bias;

        [ComponentName(Name = nameof(running_mean))]
        private readonly Tensor? _runningMean;

        [ComponentName(Name = nameof(running_var))]
        private readonly Tensor? _runningVar;

        [ComponentName(Name = nameof(num_batches_tracked))]
        private readonly Tensor? _numBatchesTracked;

        internal BatchNorm(
            string name, long features, double eps, double? momentum, bool affine, bool trackRunningStats, Device? device,
            ScalarType? dtype)
            : base(name)
        {
            num_features = features;
            this.eps = eps;
            this.momentum = momentum;
            if (affine)
            {
                _weight = new Parameter(ones(features, dtype, device));
                _bias = new Parameter(zeros(features, dtype, device));
            }

            if (trackRunningStats)
            {
                _runningMean = zeros(features, dtype, device);
                _runningVar = ones(features, dtype, device);
                _numBatchesTracked = zeros([], ScalarType.Int64, device);
            }

            RegisterComponents();
        }

        public long num_features { get; }

        public double eps { get; set; }

        /// <summary>Share of a batch in the running figures; null: all batches alike.</summary>
        public double? momentum { get; set; }

        public Parameter? weight => _weight;

        public Parameter? bias => _bias;

        public Tensor? running_mean => _runningMean;

        public Tensor? running_var => _runningVar;

        public Tensor? num_batches_tracked => _numBatchesTracked;

        /// <inheritdoc/>
        public override Tensor forward(Tensor input)
        {
            var axes = input.Dimensions;
            if (!Takes(axes)) throw new ArgumentException($"{GetName()} takes no input of {axes} axes");
            var factor = momentum ?? 0;
            if (training && _numBatchesTracked is not null)
            {
                _numBatchesTracked.add_(1);
                factor = momentum ?? 1.0 / _numBatchesTracked.item<long>();
            }

            return F.batch_norm(input, _runningMean, _runningVar, _weight, _bias, training || _runningMean is null, factor, eps);
        }

        private protected abstract bool Takes(long axes);
    }

    /// <summary>Batch normalisation of <c>[rows, features]</c> or <c>[rows, features, length]</c>.</summary>
    public sealed class BatchNorm1d : BatchNorm
    {
        internal BatchNorm1d(long features, double eps, double? momentum, bool affine, bool track, Device? device, ScalarType? dtype)
            : base(nameof(BatchNorm1d), features, eps, momentum, affine, track, device, dtype)
        {
        }

        private protected override bool Takes(long axes) => axes is 2 or 3;
    }

    /// <summary>Batch normalisation of images <c>[images, channels, height, width]</c>.</summary>
    public sealed class BatchNorm2d : BatchNorm
    {
        internal BatchNorm2d(long features, double eps, double? momentum, bool affine, bool track, Device? device, ScalarType? dtype)
            : base(nameof(BatchNorm2d), features, eps, momentum, affine, track, device, dtype)
        {
        }

        private protected override bool Takes(long axes) => axes == 4;
    }

    /// <summary>Rectifier whose slope below zero is learnt (He et al. 2015).</summary>
    public sealed class PReLU : nn.Module<Tensor, Tensor>
    {
        [ComponentName(Name = nameof(weight))]
        private readonly Parameter _weight;

        internal PReLU(long parameters, double init, Device? device, ScalarType? dtype)
            : base(nameof(PReLU))
        {
            _weight = new Parameter(full(parameters, init, dtype, device));
            RegisterComponents();
        }

        public Parameter weight => _weight;

        /// <inheritdoc/>
        public override Tensor forward(Tensor input) => F.prelu(input, _weight);
    }

    /// <summary>Rectifier.</summary>
    public sealed class ReLU : nn.Module<Tensor, Tensor>
    {
        internal ReLU(bool inplace)
            : base(nameof(ReLU)) => this.inplace = inplace;

        public bool inplace { get; set; }

        /// <inheritdoc/>
        public override Tensor forward(Tensor input) => F.relu(input, inplace);
    }

    /// <summary>Sets a share of the elements to zero in training, and scales the others up by as much.</summary>
    public sealed class Dropout : nn.Module<Tensor, Tensor>
    {
        internal Dropout(double p, bool inplace)
            : base(nameof(Dropout))
        {
            this.p = p;
            this.inplace = inplace;
        }

        public double p { get; set; }

        public bool inplace { get; set; }

        /// <inheritdoc/>
        public override Tensor forward(Tensor input) => F.dropout(input, p, training, inplace);
    }

    /// <summary>Greatest value of every window of an image.</summary>
    public sealed class MaxPool2d : nn.Module<Tensor, Tensor>
    {
        internal MaxPool2d(long[] kernel, long[] stride, long[] padding, long[] dilation, bool ceilMode)
            : base(nameof(MaxPool2d))
        {
            kernel_size = kernel;
            this.stride = stride;
            this.padding = padding;
            this.dilation = dilation;
            ceil_mode = ceilMode;
        }

        public long[] kernel_size { get; set; }

        public long[] stride { get; set; }

        public long[] padding { get; set; }

        public long[] dilation { get; set; }

        public bool ceil_mode { get; set; }

        /// <inheritdoc/>
        public override Tensor forward(Tensor input) => F.max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode);
    }

    /// <summary>PyTorch's first values of a layer's weight and bias: uniform within 1 / √(inputs of a unit).</summary>
    internal static class Weights
    {
        internal static void Reset(Parameter weight, Parameter? bias)
        {
            nn.init.kaiming_uniform_(weight, Math.Sqrt(5));
            if (bias is null) return;
            var (inputs, _) = nn.init.CalculateFanInAndFanOut(weight);
            var bound = inputs > 0 ? 1 / Math.Sqrt(inputs) : 0;
            nn.init.uniform_(bias, -bound, bound);
        }
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static Conv2d Conv2d(
                long in_channels, long out_channels, long kernel_size, long stride = 1, long padding = 0, long dilation = 1,
                PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null,
                ScalarType? dtype = null) =>
                new(in_channels, out_channels, (kernel_size, kernel_size), (stride, stride), (padding, padding), null, (dilation, dilation),
                    padding_mode, groups, bias, device, dtype);

            public static Conv2d Conv2d(
                long in_channels, long out_channels, (long, long) kernel_size, (long, long)? stride = null, (long, long)? padding = null,
                (long, long)? dilation = null, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true,
                Device? device = null, ScalarType? dtype = null) =>
                new(in_channels, out_channels, kernel_size, stride ?? (1, 1), padding ?? (0, 0), null, dilation ?? (1, 1), padding_mode,
                    groups, bias, device, dtype);

            public static Conv2d Conv2d(
                long in_channels, long out_channels, long kernel_size, Padding padding, long stride = 1, long dilation = 1,
                PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null,
                ScalarType? dtype = null) =>
                new(in_channels, out_channels, (kernel_size, kernel_size), (stride, stride), (0, 0), padding, (dilation, dilation),
                    padding_mode, groups, bias, device, dtype);

            public static Linear Linear(
                long inputSize, long outputSize, bool hasBias = true, Device? device = null, ScalarType? dtype = null) =>
                new(inputSize, outputSize, hasBias, device, dtype);

            public static BatchNorm1d BatchNorm1d(
                long num_features, double eps = 1e-05, double momentum = 0.1, bool affine = true, bool track_running_stats = true,
                Device? device = null, ScalarType? dtype = null) => new(num_features, eps, momentum, affine, track_running_stats, device,
                dtype);

            public static BatchNorm2d BatchNorm2d(
                long num_features, double eps = 1e-05, double momentum = 0.1, bool affine = true, bool track_running_stats = true,
                Device? device = null, ScalarType? dtype = null) => new(num_features, eps, momentum, affine, track_running_stats, device,
                dtype);

            public static PReLU PReLU(long num_parameters, double init = 0.25, Device? device = null, ScalarType? dtype = null) =>
                new(num_parameters, init, device, dtype);

            public static ReLU ReLU(bool inplace = false) => new(inplace);

            public static Dropout Dropout(double p = 0.5, bool inplace = false) => new(p, inplace);

            public static MaxPool2d MaxPool2d(
                long kernel_size, long? stride = null, long? padding = null, long? dilation = null, bool ceil_mode = false) =>
                new([kernel_size, kernel_size], [stride ?? kernel_size, stride ?? kernel_size], [padding ?? 0, padding ?? 0],
                    [dilation ?? 1, dilation ?? 1], ceil_mode);

            public static MaxPool2d MaxPool2d(
                (long, long) kernel_size, (long, long)? stride = null, (long, long)? padding = null, (long, long)? dilation = null,
                bool ceil_mode = false)
            {
                var (down, across) = stride ?? kernel_size;
                var (above, beside) = padding ?? (0, 0);
                var (vertical, horizontal) = dilation ?? (1, 1);
                return new([kernel_size.Item1, kernel_size.Item2], [down, across], [above, beside], [vertical, horizontal], ceil_mode);
            }
        }
    }
}
