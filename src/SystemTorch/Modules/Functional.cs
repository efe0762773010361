using TorchSharp.Modules;
using static TorchSharp.NativeMethods;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>How a loss of many elements becomes one number.</summary>
        public enum Reduction : long
        {
            None = 0,
            Mean = 1,
            Sum = 2,
        }

        /// <summary>Layers and losses as functions of their input and their weights.</summary>
        public static unsafe class functional
        {
            private static readonly long[] _ones = [1];
            private static readonly long[] _zeros = [0];

            /// <summary>
            /// Cross-correlation of <c>[images, channels, height, width]</c> with <c>[outputs, channels / groups, height, width]</c>.
            /// </summary>
            public static Tensor conv2d(
                Tensor input, Tensor weight, Tensor? bias = null, long[]? strides = null, long[]? padding = null, long[]? dilation = null,
                long groups = 1)
            {
                strides ??= _ones;
                padding ??= _zeros;
                dilation ??= _ones;
                fixed (long* stride = strides, pad = padding, dilated = dilation)
                {
                    return Tensor.Take(
                        st_conv2d(
                            input.Handle, weight.Handle, bias?.Handle ?? 0, stride, strides.Length, pad, padding.Length, dilated,
                            dilation.Length,
                            groups),
                        input,
                        weight,
                        bias);
                }
            }

            public static Tensor conv2d_padding(
                Tensor input, Tensor weight, Tensor? bias = null, long[]? strides = null, Padding padding = Padding.Valid,
                long[]? dilation = null,
                long groups = 1)
            {
                strides ??= _ones;
                dilation ??= _ones;
                fixed (long* stride = strides, dilated = dilation)
                {
                    return Tensor.Take(
                        st_conv2d_padding(
                            input.Handle, weight.Handle, bias?.Handle ?? 0, stride, strides.Length, padding == Padding.Same ? 1 : 0,
                            dilated,
                            dilation.Length, groups),
                        input,
                        weight,
                        bias);
                }
            }

            public static Tensor linear(Tensor input, Tensor weights, Tensor? bias = null) =>
                Tensor.Take(st_linear(input.Handle, weights.Handle, bias?.Handle ?? 0), input, weights, bias);

            /// <summary>
            /// Normalises every channel (axis 1); in training by the batch's own mean and variance, which the running ones then follow.
            /// </summary>
            public static Tensor batch_norm(
                Tensor input, Tensor? running_mean, Tensor? running_var, Tensor? weight = null, Tensor? bias = null, bool training = false,
                double momentum = 0.1, double eps = 1e-5)
            {
                var result = Tensor.Take(
                    st_batch_norm(
                        input.Handle, weight?.Handle ?? 0, bias?.Handle ?? 0, running_mean?.Handle ?? 0, running_var?.Handle ?? 0,
                        training ? 1 : 0, momentum, eps),
                    input,
                    weight,
                    bias);
                GC.KeepAlive(running_mean);
                GC.KeepAlive(running_var);
                return result;
            }

            public static Tensor layer_norm(
                Tensor input, long[] normalized_shape, Tensor? weight = null, Tensor? bias = null, double eps = 1e-5)
            {
                fixed (long* shape = normalized_shape)
                {
                    return Tensor.Take(
                        st_layer_norm(input.Handle, shape, normalized_shape.Length, weight?.Handle ?? 0, bias?.Handle ?? 0, eps),
                        input,
                        weight,
                        bias);
                }
            }

            public static Tensor max_pool2d(
                Tensor input, long[] kernel_size, long[]? strides = null, long[]? padding = null, long[]? dilation = null,
                bool ceil_mode = false)
            {
                strides ??= kernel_size;
                padding ??= _zeros;
                dilation ??= _ones;
                fixed (long* kernel = kernel_size, stride = strides, pad = padding, dilated = dilation)
                {
                    return Tensor.Take(
                        st_max_pool2d(
                            input.Handle, kernel, kernel_size.Length, stride, strides.Length, pad, padding.Length, dilated, dilation.Length,
                            ceil_mode ? 1 : 0),
                        input);
                }
            }

            public static Tensor max_pool2d(
                Tensor input, long kernel_size, long? stride = null, long? padding = null, long? dilation = null, bool ceil_mode = false) =>
                max_pool2d(input, [kernel_size], [stride ?? kernel_size], [padding ?? 0], [dilation ?? 1], ceil_mode);

            public static Tensor max_pool2d(
                Tensor input, (long, long) kernel_size, (long, long)? stride = null, (long, long)? padding = null,
                (long, long)? dilation = null,
                bool ceil_mode = false) =>
                max_pool2d(
                    input, List(kernel_size), List(stride ?? kernel_size), List(padding ?? (0, 0)), List(dilation ?? (1, 1)), ceil_mode);

            public static (Tensor output, Tensor indices) max_pool2d_with_indices(
                Tensor input, long[] kernel_size, long[]? strides = null, long[]? padding = null, long[]? dilation = null,
                bool ceil_mode = false)
            {
                strides ??= kernel_size;
                padding ??= _zeros;
                dilation ??= _ones;
                var pair = stackalloc nint[2];
                fixed (long* kernel = kernel_size, stride = strides, pad = padding, dilated = dilation)
                {
                    NativeErrors.Check(
                        st_max_pool2d_with_indices(
                            input.Handle, kernel, kernel_size.Length, stride, strides.Length, pad, padding.Length, dilated, dilation.Length,
                            ceil_mode ? 1 : 0, pair),
                        input);
                }

                return (new Tensor(pair[0]), new Tensor(pair[1]));
            }

            public static Tensor avg_pool2d(
                Tensor input, long[] kernel_size, long[]? strides = null, long[]? paddings = null, bool ceil_mode = false,
                bool count_include_pad = true)
            {
                strides ??= kernel_size;
                paddings ??= _zeros;
                fixed (long* kernel = kernel_size, stride = strides, pad = paddings)
                {
                    return Tensor.Take(
                        st_avg_pool2d(
                            input.Handle, kernel, kernel_size.Length, stride, strides.Length, pad, paddings.Length, ceil_mode ? 1 : 0,
                            count_include_pad ? 1 : 0),
                        input);
                }
            }

            public static Tensor adaptive_avg_pool2d(Tensor input, long[] output_size)
            {
                fixed (long* size = output_size) return Tensor.Take(st_adaptive_avg_pool2d(input.Handle, size, output_size.Length), input);
            }

            public static Tensor adaptive_max_pool2d(Tensor input, long[] output_size)
            {
                fixed (long* size = output_size) return Tensor.Take(st_adaptive_max_pool2d(input.Handle, size, output_size.Length), input);
            }

            public static Tensor dropout(Tensor input, double p = 0.5, bool training = true, bool inplace = false) =>
                Tensor.Take(st_dropout(input.Handle, p, training ? 1 : 0, inplace ? 1 : 0), input);

            public static Tensor prelu(Tensor input, Tensor weight) => input.prelu(weight);

            public static Tensor relu(Tensor x, bool inplace = false) => inplace ? x.relu_().alias() : x.relu();

            public static Tensor leaky_relu(Tensor input, double negative_slope = 0.01, bool inplace = false)
            {
                if (!inplace) return input.leaky_relu(negative_slope);
                using var result = input.leaky_relu(negative_slope);
                return input.copy_(result).alias();
            }

            public static Tensor sigmoid(Tensor input) => input.sigmoid();

            public static Tensor logsigmoid(Tensor x) => x.log_sigmoid();

            public static Tensor softplus(Tensor x, double beta = 1, double threshold = 20) => x.softplus(beta, threshold);

            public static Tensor softmax(Tensor input, long dim, ScalarType? dtype = null) => input.softmax(dim, dtype);

            public static Tensor log_softmax(Tensor x, long dim) => x.log_softmax(dim);

            public static Tensor binary_cross_entropy_with_logits(
                Tensor input, Tensor target, Tensor? weight = null, Reduction reduction = Reduction.Mean, Tensor? pos_weights = null)
            {
                var result = Tensor.Take(
                    st_bce_with_logits(input.Handle, target.Handle, weight?.Handle ?? 0, pos_weights?.Handle ?? 0, (long)reduction),
                    input,
                    target,
                    weight);
                GC.KeepAlive(pos_weights);
                return result;
            }

            public static Tensor mse_loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean) =>
                Tensor.Take(st_mse_loss(input.Handle, target.Handle, (long)reduction), input, target);

            public static Tensor cross_entropy(
                Tensor input, Tensor target, Tensor? weight = null, long ignore_index = -100, Reduction reduction = Reduction.Mean,
                double label_smoothing = 0.0) =>
                Tensor.Take(
                    st_cross_entropy(input.Handle, target.Handle, weight?.Handle ?? 0, ignore_index, (long)reduction, label_smoothing),
                    input,
                    target,
                    weight);

            /// <summary>Pads axes from the last on: before and after the last, before and after the one before it, and so on.</summary>
            public static Tensor pad(Tensor input, ReadOnlySpan<long> pad, PaddingModes mode = PaddingModes.Constant, double value = 0)
            {
                fixed (long* sides = pad)
                fixed (byte* name = ModeName(mode))
                {
                    return Tensor.Take(st_pad(input.Handle, sides, pad.Length, name, value), input);
                }
            }

            public static Tensor pad(Tensor input, long[] pad, PaddingModes mode = PaddingModes.Constant, double value = 0) =>
                functional.pad(input, (ReadOnlySpan<long>)pad, mode, value);

            public static Tensor pad(Tensor input, (long, long) pad, PaddingModes mode = PaddingModes.Constant, double value = 0) =>
                functional.pad(input, [pad.Item1, pad.Item2], mode, value);

            public static Tensor pad(
                Tensor input, (long, long, long, long) pad, PaddingModes mode = PaddingModes.Constant, double value = 0) =>
                functional.pad(input, [pad.Item1, pad.Item2, pad.Item3, pad.Item4], mode, value);

            /// <summary>libtorch's name of a padding mode, ended by a zero byte.</summary>
            internal static ReadOnlySpan<byte> ModeName(PaddingModes mode) => mode switch
            {
                PaddingModes.Reflect => "reflect\0"u8,
                PaddingModes.Replicate => "replicate\0"u8,
                PaddingModes.Circular => "circular\0"u8,
                _ => "constant\0"u8,
            };

            private static long[] List((long, long) pair) => [pair.Item1, pair.Item2];
        }

        /// <summary>Changes to the gradients of all parameters together.</summary>
        public static unsafe partial class utils
        {
            /// <summary>
            /// Scales the gradients so that their norm, as of one vector, is at most <paramref name="max_norm"/>; returns what it was.
            /// </summary>
            public static double clip_grad_norm_(IEnumerable<Parameter> tensors, double max_norm, double norm_type = 2.0)
            {
                var handles = Handles(tensors)!;
                double norm;
                fixed (nint* pointer = handles)
                {
                    NativeErrors.Check(st_clip_grad_norm_(pointer, handles.Length, max_norm, norm_type, &norm), tensors);
                }

                return norm;
            }

            /// <summary>Clips every gradient element into [-<paramref name="clip_value"/>, <paramref name="clip_value"/>].</summary>
            public static void clip_grad_value_(IEnumerable<Parameter> tensors, double clip_value)
            {
                var handles = Handles(tensors)!;
                fixed (nint* pointer = handles) NativeErrors.Check(st_clip_grad_value_(pointer, handles.Length, clip_value), tensors);
            }
        }
    }
}
