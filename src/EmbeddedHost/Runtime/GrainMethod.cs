using System.Linq.Expressions;
using System.Reflection;
using Orleans;
using Orleans.Concurrency;

namespace OrleansTagging.EmbeddedHost;

/// <summary>One method of a grain interface: how it is called and what its attributes say.</summary>
internal sealed class GrainMethod
{
    private readonly Lazy<Func<object, object?[], ValueTask<object?>>> _invoke;
    private readonly bool[] _copied;

    public GrainMethod(GrainInterface grainInterface, MethodInfo info)
    {
        Interface = grainInterface;
        Info = info;
        var parameters = info.GetParameters();
        if (info.IsGenericMethodDefinition || parameters.Any(p => p.ParameterType.IsByRef))
        {
            throw new NotSupportedException(
                $"{info.DeclaringType}.{info.Name}: this host calls no generic methods and passes nothing by reference.");
        }

        AlwaysInterleaves = info.IsDefined(typeof(AlwaysInterleaveAttribute));
        IsReadOnly = info.IsDefined(typeof(ReadOnlyAttribute));
        IsOneWay = info.IsDefined(typeof(OneWayAttribute)) || info.ReturnType == typeof(void);
        Timeout = info.GetCustomAttribute<ResponseTimeoutAttribute>()?.Timeout;
        CancellationIndex = Array.FindIndex(parameters, p => p.ParameterType == typeof(CancellationToken));
        _copied = [.. parameters.Select(p => !p.IsDefined(typeof(ImmutableAttribute)) && !DeepCopier.IsImmutable(p.ParameterType))];
        ResultType = info.ReturnType.IsGenericType ? info.ReturnType.GetGenericArguments()[0] : typeof(void);
        CopiesResult = ResultType != typeof(void)
            && info.ReturnParameter?.IsDefined(typeof(ImmutableAttribute)) != true
            && !DeepCopier.IsImmutable(ResultType);
        _invoke = new(Compile);
    }

    public GrainInterface Interface { get; }

    public MethodInfo Info { get; }

    public string Name => Info.Name;

    public Type ResultType { get; }

    public bool AlwaysInterleaves { get; }

    public bool IsReadOnly { get; }

    public bool IsOneWay { get; }

    public bool CopiesResult { get; }

    public TimeSpan? Timeout { get; }

    public int CancellationIndex { get; }

    /// <summary>Puts copies in the place of all arguments that somebody might change.</summary>
    public void CopyArguments(object?[] arguments)
    {
        for (var i = 0; i < arguments.Length; i++)
        {
            if (_copied[i])
            {
                arguments[i] = DeepCopier.Strict.Copy(arguments[i]);
            }
        }
    }

    /// <summary>Calls the method on a grain object.</summary>
    public ValueTask<object?> InvokeAsync(object grain, object?[] arguments) => _invoke.Value(grain, arguments);

    private Func<object, object?[], ValueTask<object?>> Compile()
    {
        var grain = Expression.Parameter(typeof(object));
        var arguments = Expression.Parameter(typeof(object?[]));
        Expression call = Expression.Call(
            Expression.Convert(grain, Info.DeclaringType!),
            Info,
            Info.GetParameters().Select((p, i) =>
                Expression.Convert(Expression.ArrayIndex(arguments, Expression.Constant(i)), p.ParameterType)));
        var result = Info.ReturnType;
        call = result == typeof(void)
            ? Expression.Block(call, Expression.Default(typeof(ValueTask<object?>)))
            : Expression.Call(Adapter(result), call);
        return Expression.Lambda<Func<object, object?[], ValueTask<object?>>>(call, grain, arguments).Compile();
    }

    private MethodInfo Adapter(Type result)
    {
        var generic = result.IsGenericType ? result.GetGenericTypeDefinition() : null;
        var name = result == typeof(Task) ? nameof(OfTask)
            : result == typeof(ValueTask) ? nameof(OfValueTask)
            : generic == typeof(Task<>) ? nameof(OfTaskResult)
            : generic == typeof(ValueTask<>) ? nameof(OfValueTaskResult)
            : throw new NotSupportedException(
                $"{Info.DeclaringType}.{Name} must return Task, ValueTask or void, with or without a result.");
        var adapter = typeof(GrainMethod).GetMethod(name, BindingFlags.NonPublic | BindingFlags.Static)!;
        return generic is null ? adapter : adapter.MakeGenericMethod(ResultType);
    }

    private static async ValueTask<object?> OfTask(Task task)
    {
        await task;
        return null;
    }

    private static async ValueTask<object?> OfValueTask(ValueTask task)
    {
        await task;
        return null;
    }

    private static async ValueTask<object?> OfTaskResult<T>(Task<T> task) => await task;

    private static async ValueTask<object?> OfValueTaskResult<T>(ValueTask<T> task) => await task;
}
