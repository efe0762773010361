namespace TorchSharp;

/// <summary>
/// Disposes of the tensors that were made on its thread while it was the innermost scope, unless they were moved out.
/// Tensors hold memory that the garbage collector does not see; a scope frees it at a known line.
/// </summary>
public sealed class DisposeScope : IDisposable
{
    private HashSet<torch.Tensor> _tensors = new(ReferenceEqualityComparer.Instance);
    private DisposeScopeManager? _manager;

    internal DisposeScope(DisposeScopeManager manager)
    {
        _manager = manager;
        OuterScope = manager.CurrentDisposeScope;
    }

    internal DisposeScope? OuterScope { get; set; }

    /// <summary>How many tensors the scope holds.</summary>
    public int DisposablesCount => Open()._tensors.Count;

    /// <summary>The tensors that the scope holds now.</summary>
    public IReadOnlyList<IDisposable> DisposablesView => [.. Open()._tensors];

    /// <summary>Whether the scope holds this tensor.</summary>
    public bool Contains(IDisposable disposable) => disposable is torch.Tensor tensor && _tensors.Contains(tensor);

    /// <summary>Hands a tensor to the outer scope, or to none where this is the outermost.</summary>
    public T MoveToOuter<T>(T disposable) where T : IDisposable => MoveToOther(OuterScope, disposable);

    public (T1 first, T2 second) MoveToOuter<T1, T2>(T1 first, T2 second)
        where T1 : IDisposable where T2 : IDisposable => (MoveToOuter(first), MoveToOuter(second));

    public (T1 first, T2 second, T3 third) MoveToOuter<T1, T2, T3>(T1 first, T2 second, T3 third)
        where T1 : IDisposable where T2 : IDisposable where T3 : IDisposable =>
        (MoveToOuter(first), MoveToOuter(second), MoveToOuter(third));

    public void MoveToOuter(params IDisposable[] disposables) => MoveToOuter((IEnumerable<IDisposable>)disposables);

    public void MoveToOuter(IEnumerable<IDisposable> disposables)
    {
        foreach (var disposable in disposables) MoveToOther(OuterScope, disposable);
    }

    /// <summary>Hands a tensor to another scope, or to none where <paramref name="scope"/> is null.</summary>
    public T MoveToOther<T>(DisposeScope? scope, T disposable) where T : IDisposable
    {
        if (scope is null) return Detach(disposable);
        if (disposable is torch.Tensor tensor && Open()._tensors.Remove(tensor)) scope.Add(tensor);
        return disposable;
    }

    /// <summary>Takes a tensor out of every scope: the caller disposes of it.</summary>
    public T Detach<T>(T disposable) where T : IDisposable
    {
        if (disposable is torch.Tensor tensor && Open()._tensors.Remove(tensor)) tensor.OwningDisposeScope = null;
        return disposable;
    }

    public (T1 first, T2 second) Detach<T1, T2>(T1 first, T2 second)
        where T1 : IDisposable where T2 : IDisposable => (Detach(first), Detach(second));

    public void Detach(params IDisposable[] disposables) => Detach((IEnumerable<IDisposable>)disposables);

    public void Detach(IEnumerable<IDisposable> disposables)
    {
        foreach (var disposable in disposables) Detach(disposable);
    }

    /// <summary>Puts a tensor into this scope, out of the one that held it.</summary>
    public void Attach(IDisposable disposable)
    {
        if (disposable is not torch.Tensor tensor) throw new InvalidOperationException("DisposeScope can only manage Tensor");
        if (ReferenceEquals(tensor.OwningDisposeScope, this)) return;
        tensor.OwningDisposeScope?._tensors.Remove(tensor);
        Open().Add(tensor);
    }

    public void Attach(params IDisposable[] disposables)
    {
        foreach (var disposable in disposables) Attach(disposable);
    }

    /// <summary>Disposes of all tensors that the scope holds now; the scope stays open.</summary>
    public void DisposeEverything() => DisposeEverythingBut();

    /// <summary>Disposes of all tensors that the scope holds now except these, which it keeps.</summary>
    public void DisposeEverythingBut(IEnumerable<IDisposable> inKeep)
    {
        var kept = new HashSet<torch.Tensor>(inKeep.OfType<torch.Tensor>(), ReferenceEqualityComparer.Instance);
        var held = Open()._tensors;
        _tensors = new HashSet<torch.Tensor>(ReferenceEqualityComparer.Instance);
        foreach (var tensor in held)
        {
            if (kept.Contains(tensor)) _tensors.Add(tensor);
            else tensor.Dispose();
        }
    }

    public void DisposeEverythingBut(params IDisposable[] keep) => DisposeEverythingBut((IEnumerable<IDisposable>)keep);

    public T DisposeEverythingBut<T>(T keep) where T : IDisposable
    {
        DisposeEverythingBut((IEnumerable<IDisposable>)[keep]);
        return keep;
    }

    /// <summary>Disposes of all that the scope holds and makes the outer scope the innermost again.</summary>
    public void Dispose()
    {
        if (_manager is null) return;
        var held = _tensors;
        _tensors = [];
        foreach (var tensor in held)
        {
            tensor.OwningDisposeScope = null;
            tensor.Dispose();
        }

        _manager.Remove(this);
        _manager = null;
    }

    /// <summary>Tells the scope that a tensor was disposed of elsewhere.</summary>
    public void MarkAsDisposed(IDisposable disposable)
    {
        if (disposable is not torch.Tensor tensor) return;
        _tensors.Remove(tensor);
        tensor.OwningDisposeScope = null;
    }

    internal void Add(torch.Tensor tensor)
    {
        _tensors.Add(tensor);
        tensor.OwningDisposeScope = this;
    }

    /// <summary>Lets <paramref name="replacement"/> take the place of <paramref name="original"/>.</summary>
    internal static void Replace(torch.Tensor original, torch.Tensor replacement)
    {
        var scope = original.OwningDisposeScope;
        if (scope is null || !scope._tensors.Remove(original)) return;
        original.OwningDisposeScope = null;
        scope.Add(replacement);
    }

    private DisposeScope Open()
    {
        ObjectDisposedException.ThrowIf(_manager is null, this);
        return this;
    }
}

/// <summary>The nested scopes of one thread.</summary>
public sealed class DisposeScopeManager
{
    [ThreadStatic]
    private static DisposeScopeManager? _ofThread;

    internal static DisposeScopeManager OfThread => _ofThread ??= new DisposeScopeManager();

    internal DisposeScope? CurrentDisposeScope { get; private set; }

    internal DisposeScope Enter() => CurrentDisposeScope = new DisposeScope(this);

    internal void Remove(DisposeScope scope)
    {
        if (ReferenceEquals(CurrentDisposeScope, scope))
        {
            CurrentDisposeScope = scope.OuterScope;
            return;
        }

        // Closed out of order: the scope is taken out of the chain.
        for (var inner = CurrentDisposeScope; inner is not null; inner = inner.OuterScope)
        {
            if (!ReferenceEquals(inner.OuterScope, scope)) continue;
            inner.OuterScope = scope.OuterScope;
            return;
        }
    }
}

public static partial class torch
{
    /// <summary>Opens a scope on this thread; tensors made from here on belong to it.</summary>
    public static DisposeScope NewDisposeScope() => DisposeScopeManager.OfThread.Enter();

    /// <summary>Runs an action in a scope of its own and hands its result to the outer scope.</summary>
    public static T WrappedTensorDisposeScope<T>(Func<T> expr) where T : IDisposable
    {
        using var scope = NewDisposeScope();
        return scope.MoveToOuter(expr());
    }
}
