using static TorchSharp.NativeMethods;

namespace TorchSharp;

public static partial class torch
{
    // Gradients of a tensor.
    public unsafe partial class Tensor
    {
        public bool requires_grad
        {
            get => st_requires_grad(Handle) != 0;
            set => NativeErrors.Check(st_set_requires_grad(Handle, value ? 1 : 0), this);
        }

        /// <summary>
        /// The gradient that backward passes have added up here, or null. Every call gives a new tensor on the same memory.
        /// </summary>
        public Tensor? grad
        {
            get
            {
                nint gradient;
                NativeErrors.Check(st_grad(Handle, &gradient), this);
                return gradient == 0 ? null : new Tensor(gradient);
            }

            set => NativeErrors.Check(st_set_grad(Handle, value?.Handle ?? 0), this, value);
        }

        public Tensor requires_grad_(bool requires_grad = true) => with_requires_grad(requires_grad);

        public Tensor with_requires_grad(bool requires_grad = true)
        {
            this.requires_grad = requires_grad;
            return this;
        }

        public void retain_grad() => NativeErrors.Check(st_retain_grad(Handle), this);

        /// <summary>Adds the gradient of this scalar to every leaf that it was computed from.</summary>
        public void backward()
        {
            var handle = Handle;
            NativeErrors.Check(st_backward(&handle, 1, null, 0, 0, 0, null, 0), this);
        }

        public void backward(
            IList<Tensor>? grad_tensors = null, bool retain_graph = false, bool create_graph = false, IList<Tensor>? inputs = null) =>
            autograd.backward([this], grad_tensors, retain_graph, create_graph, inputs);
    }

    /// <summary>Gradients of several tensors.</summary>
    public static unsafe class autograd
    {
        /// <summary>
        /// Gradients of the sum of outputs with respect to each input; null for one that is unused, where that is allowed.
        /// </summary>
        public static IList<Tensor> grad(
            IList<Tensor> outputs, IList<Tensor> inputs, IList<Tensor>? grad_outputs = null, bool retain_graph = false,
            bool create_graph = false,
            bool allow_unused = false)
        {
            var made = new nint[inputs.Count];
            fixed (nint* from = Handles(outputs), to = Handles(inputs), gradients = Handles(grad_outputs), results = made)
            {
                NativeErrors.Check(
                    st_autograd_grad(
                        from, outputs.Count, to, inputs.Count, gradients, grad_outputs?.Count ?? 0, retain_graph || create_graph ? 1 : 0,
                        create_graph ? 1 : 0, allow_unused ? 1 : 0, results),
                    outputs,
                    inputs,
                    grad_outputs);
            }

            return [.. made.Select(handle => handle == 0 ? null! : new Tensor(handle))];
        }

        public static void backward(
            IList<Tensor> tensors, IList<Tensor>? grad_tensors = null, bool? retain_graph = null, bool create_graph = false,
            IList<Tensor>? inputs = null)
        {
            fixed (nint* from = Handles(tensors), gradients = Handles(grad_tensors), to = Handles(inputs))
            {
                NativeErrors.Check(
                    st_backward(
                        from, tensors.Count, gradients, grad_tensors?.Count ?? 0, retain_graph ?? create_graph ? 1 : 0,
                        create_graph ? 1 : 0,
                        to, inputs?.Count ?? 0),
                    tensors,
                    grad_tensors,
                    inputs);
            }
        }

        public static void backward(
            Tensor tensor, IList<Tensor>? grad_tensors = null, bool? retain_graph = null, bool create_graph = false,
            IList<Tensor>? inputs = null) =>
            backward([tensor], grad_tensors, retain_graph, create_graph, inputs);
    }

    /// <summary>Until it is disposed of, this thread records nothing for gradients.</summary>
    public static IDisposable no_grad() => new GradientMode(false);

    public static IDisposable enable_grad(bool enabled = true) => new GradientMode(enabled);

    public static IDisposable set_grad_enabled(bool mode = true) => new GradientMode(mode);

    public static bool is_grad_enabled() => st_grad_enabled() != 0;

    /// <summary>As <see cref="no_grad"/>, and what is made can never take part in a graph of gradients.</summary>
    public static IDisposable inference_mode(bool mode = true) => new InferenceMode(mode);

    public static bool is_inference_mode_enabled() => st_inference_enabled() != 0;

    internal static nint[]? Handles(IEnumerable<Tensor?>? tensors) =>
        tensors is null ? null : [.. tensors.Select(tensor => tensor?.Handle ?? 0)];

    private sealed class GradientMode : IDisposable
    {
        private readonly int _before = st_grad_enabled();
        private bool _left;

        internal GradientMode(bool enabled) => st_set_grad_enabled(enabled ? 1 : 0);

        public void Dispose()
        {
            if (_left) return;
            _left = true;
            st_set_grad_enabled(_before);
        }
    }

    private sealed class InferenceMode(bool enabled) : IDisposable
    {
        private nint _guard = st_inference_enter(enabled ? 1 : 0);

        public void Dispose()
        {
            // Only the thread that entered may leave; a finaliser never could.
            var guard = Interlocked.Exchange(ref _guard, 0);
            if (guard != 0) st_inference_leave(guard);
        }
    }
}
