using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using static TorchSharp.NativeMethods;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>
    /// An array of numbers of one type on one device, with its place in the graph of gradients. Members bear the names and the
    /// semantics of TorchSharp's. Its memory is not the garbage collector's: dispose of a tensor, or make it inside a
    /// <see cref="DisposeScope"/>. What libtorch refuses is a <see cref="System.Runtime.InteropServices.ExternalException"/>.
    /// </summary>
    public partial class Tensor : IDisposable
    {
        private static long _totalCount;
        private static long _peakCount;
        private nint _handle;

        internal Tensor(nint handle, bool register = true)
        {
            _handle = handle;
            var total = Interlocked.Increment(ref _totalCount);
            if (total > _peakCount) _peakCount = total;
            if (register) DisposeScopeManager.OfThread.CurrentDisposeScope?.Add(this);
        }

        /// <summary>Frees what nobody disposed of. The scope is left alone: one that is still open would have kept this alive.</summary>
        ~Tensor() => Release();

        /// <summary>Tensors that were made and not yet disposed of.</summary>
        public static long TotalCount => Interlocked.Read(ref _totalCount);

        /// <summary>The most tensors that there were at one time.</summary>
        public static long PeakCount => Interlocked.Read(ref _peakCount);

        /// <summary>A name for the reader; nothing depends on it.</summary>
        public string? name { get; set; }

        /// <summary>Whether the tensor was disposed of.</summary>
        public bool IsInvalid => _handle == 0;

        /// <summary>The native tensor. Throws <see cref="InvalidOperationException"/> after disposal.</summary>
        public nint Handle
        {
            get
            {
                if (_handle == 0) ThrowInvalid();
                return _handle;
            }
        }

        internal DisposeScope? OwningDisposeScope { get; set; }

        /// <summary>Wraps a native tensor, which from now on belongs to the result.</summary>
        public static Tensor UnsafeCreateTensor(nint handle) => new(handle);

        /// <summary>Frees the tensor's share of its memory.</summary>
        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        public Tensor MoveToOuterDisposeScope()
        {
            OwningDisposeScope?.MoveToOuter(this);
            return this;
        }

        public Tensor DetachFromDisposeScope()
        {
            OwningDisposeScope?.Detach(this);
            return this;
        }

        public Tensor MoveToOtherDisposeScope(Tensor other) => MoveToOtherDisposeScope(other.OwningDisposeScope);

        public Tensor MoveToOtherDisposeScope(DisposeScope? other)
        {
            if (OwningDisposeScope is null) other?.Attach(this);
            else OwningDisposeScope.MoveToOther(other, this);
            return this;
        }

        /// <inheritdoc/>
        public override bool Equals(object? obj) => obj is Tensor other && Equals(other);

        /// <summary>Whether shape and all elements are equal.</summary>
        public unsafe bool Equals(Tensor target)
        {
            int equal;
            NativeErrors.Check(st_equal(Handle, target.Handle, &equal), this, target);
            return equal != 0;
        }

        /// <inheritdoc/>
        public override int GetHashCode() => RuntimeHelpers.GetHashCode(this);

        /// <summary>Shape, element type and device: <c>[2x3], type = Float32, device = cpu</c>.</summary>
        public override string ToString() => IsInvalid
            ? "[disposed]"
            : $"[{string.Join('x', shape)}], type = {dtype}, device = {device}";

        protected virtual void Dispose(bool disposing)
        {
            OwningDisposeScope?.MarkAsDisposed(this);
            Release();
        }

        /// <summary>Takes the native tensor out of this object, which is invalid afterwards.</summary>
        internal nint MoveHandle()
        {
            var handle = Handle;
            _handle = 0;
            Interlocked.Decrement(ref _totalCount);
            GC.SuppressFinalize(this);
            return handle;
        }

        /// <summary>Gives this object another native tensor in place of its own, which is freed.</summary>
        internal void ReplaceHandle(nint handle)
        {
            st_dispose(_handle);
            _handle = handle;
        }

        /// <summary>
        /// Wraps the result of a native call. The objects whose handles went into the call come along, so that no finaliser can free
        /// one of them before the call has returned.
        /// </summary>
        internal static Tensor Take(nint handle, object? first = null, object? second = null, object? third = null)
        {
            GC.KeepAlive(first);
            GC.KeepAlive(second);
            GC.KeepAlive(third);
            return handle == 0 ? throw NativeErrors.Last() : new Tensor(handle);
        }

        /// <summary>This tensor after a native call that changed it.</summary>
        private Tensor Done(int succeeded, object? first = null, object? second = null)
        {
            NativeErrors.Check(succeeded, this, first, second);
            return this;
        }

        private void Release()
        {
            var handle = Interlocked.Exchange(ref _handle, 0);
            if (handle == 0) return;
            Interlocked.Decrement(ref _totalCount);
            st_dispose(handle);
        }

        [DoesNotReturn]
        private static void ThrowInvalid() => throw new InvalidOperationException("Tensor invalid -- empty handle.");
    }
}
