using TorchSharp.Modules;
using static TorchSharp.NativeMethods;
using static TorchSharp.torch;

namespace TorchSharp.Modules
{
    /// <summary>
    /// Gated recurrent units (Cho et al. 2014). Its parameters bear PyTorch's names: <c>weight_ih_l0</c>, <c>weight_hh_l0</c>,
    /// <c>bias_ih_l0</c>,
    /// <c>bias_hh_l0</c>, those of a later layer with its number, those of the way back with <c>_reverse</c>.
    /// </summary>
    public sealed unsafe class GRU : nn.Module<Tensor, Tensor?, (Tensor, Tensor)>
    {
        private readonly List<Parameter> _weights = [];
        private readonly long _units;
        private readonly long _layers;
        private readonly bool _biases;
        private readonly bool _batchFirst;
        private readonly double _dropout;
        private readonly bool _bidirectional;

        internal GRU(
            long inputs, long units, long layers, bool biases, bool batchFirst, double dropout, bool bidirectional, Device? device,
            ScalarType? dtype)
            : base(nameof(GRU))
        {
            _units = units;
            _layers = layers;
            _biases = biases;
            _batchFirst = batchFirst;
            _dropout = dropout;
            _bidirectional = bidirectional;
            for (var layer = 0; layer < layers; layer++)
            {
                for (var direction = 0; direction < Directions; direction++)
                {
                    var name = $"_l{layer}{(direction == 0 ? "" : "_reverse")}";
                    Add("weight_ih" + name, 3 * units, layer == 0 ? inputs : Directions * units);
                    Add("weight_hh" + name, 3 * units, units);
                    if (!biases) continue;
                    Add("bias_ih" + name, 3 * units);
                    Add("bias_hh" + name, 3 * units);
                }
            }

            void Add(string name, params long[] shape)
            {
                var parameter = new Parameter(empty(shape, dtype, device));
                nn.init.uniform_(parameter, -1 / Math.Sqrt(units), 1 / Math.Sqrt(units));
                register_parameter(name, parameter);
                _weights.Add(parameter);
            }
        }

        private int Directions => _bidirectional ? 2 : 1;

        /// <summary>Passes sequences of one length, <c>[steps, sequences, inputs]</c>, or with the sequences first.</summary>
        /// <returns>The states of all steps, and the last states <c>[layers × directions, sequences, units]</c>.</returns>
        public override (Tensor, Tensor) forward(Tensor input, Tensor? h0 = null)
        {
            using var none = h0 is null ? Zeros(input.shape[_batchFirst ? 0 : 1], input) : null;
            var pair = stackalloc nint[2];
            var weights = _weights.ConvertAll(weight => weight.Handle).ToArray();
            fixed (nint* pointer = weights)
            {
                NativeErrors.Check(
                    st_gru(
                        input.Handle, (h0 ?? none!).Handle, pointer, weights.Length, _biases ? 1 : 0, _layers, _dropout, training ? 1 : 0,
                        _bidirectional ? 1 : 0, _batchFirst ? 1 : 0, pair),
                    input,
                    h0,
                    this);
            }

            return (new Tensor(pair[0]), new Tensor(pair[1]));
        }

        public new (Tensor, Tensor) call(Tensor input, Tensor? h0 = null) => base.call(input, h0);

        /// <summary>Passes sequences of mixed lengths; the way back begins at each one's own end.</summary>
        public (nn.utils.rnn.PackedSequence, Tensor) call(nn.utils.rnn.PackedSequence input, Tensor? h0 = null)
        {
            using var none = h0 is null ? Zeros(input.sorted_indices.NumberOfElements, input.data) : null;
            using var sorted = h0?.index_select(1, input.sorted_indices);
            var pair = stackalloc nint[2];
            var weights = _weights.ConvertAll(weight => weight.Handle).ToArray();
            fixed (nint* pointer = weights)
            {
                NativeErrors.Check(
                    st_gru_packed(
                        input.data.Handle, input.batch_sizes.Handle, (sorted ?? none!).Handle, pointer, weights.Length, _biases ? 1 : 0,
                        _layers, _dropout, training ? 1 : 0, _bidirectional ? 1 : 0, pair),
                    input,
                    this);
            }

            using var states = new Tensor(pair[1]);
            var output = new nn.utils.rnn.PackedSequence(
                new Tensor(pair[0]), input.batch_sizes.alias(), input.sorted_indices.alias(), input.unsorted_indices.alias());
            return (output, states.index_select(1, input.unsorted_indices));
        }

        private Tensor Zeros(long sequences, Tensor like) => zeros([Directions * _layers, sequences, _units], like.dtype, like.device);
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static GRU GRU(
                long inputSize, long hiddenSize, long numLayers = 1, bool bias = true, bool batchFirst = false, double dropout = 0.0,
                bool bidirectional = false, Device? device = null, ScalarType? dtype = null) =>
                new(inputSize, hiddenSize, numLayers, bias, batchFirst, dropout, bidirectional, device, dtype);

            public static partial class utils
            {
                /// <summary>Sequences of mixed lengths for recurrent layers.</summary>
                public static unsafe class rnn
                {
                    /// <summary>
                    /// Packs padded sequences, <c>[steps, sequences, …]</c> or with the sequences first. Unless they are said to be sorted,
                    /// they need not be.
                    /// </summary>
                    public static PackedSequence pack_padded_sequence(
                        Tensor input, Tensor lengths, bool batch_first = false, bool enforce_sorted = true)
                    {
                        var made = stackalloc nint[4];
                        NativeErrors.Check(
                            st_pack_padded_sequence(input.Handle, lengths.Handle, batch_first ? 1 : 0, enforce_sorted ? 1 : 0, made),
                            input,
                            lengths);
                        return new PackedSequence(new Tensor(made[0]), new Tensor(made[1]), new Tensor(made[2]), new Tensor(made[3]));
                    }

                    /// <summary>
                    /// Sequences of mixed lengths, step by step, the longest first. Its tensors live in the scope in which it was made.
                    /// </summary>
                    public sealed class PackedSequence : IDisposable
                    {
                        /// <summary>The rows of all steps, <c>[rows, …]</c>.</summary>
                        public readonly Tensor data;

                        /// <summary>How many sequences reach each step, on the CPU.</summary>
                        public readonly Tensor batch_sizes;

                        /// <summary>The sequences' numbers, by falling length.</summary>
                        public readonly Tensor sorted_indices;

                        /// <summary>Each sequence's place in that order.</summary>
                        public readonly Tensor unsorted_indices;

                        internal PackedSequence(Tensor data, Tensor sizes, Tensor sorted, Tensor unsorted) =>
                            (this.data, batch_sizes, sorted_indices, unsorted_indices) = (data, sizes, sorted, unsorted);

                        public void Dispose()
                        {
                            data.Dispose();
                            batch_sizes.Dispose();
                            sorted_indices.Dispose();
                            unsorted_indices.Dispose();
                        }
                    }
                }
            }
        }
    }
}
