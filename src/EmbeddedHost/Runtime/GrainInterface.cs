using System.Collections.Concurrent;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using Orleans.Runtime;

namespace OrleansTagging.EmbeddedHost;

/// <summary>One grain interface: its methods, and the class of references to it, which is made while the program runs.</summary>
internal sealed class GrainInterface
{
    private const BindingFlags Declared = BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private static readonly ConcurrentDictionary<Type, Lazy<GrainInterface>> _known = new();
    private static readonly Lock _emitting = new();
    private static readonly HashSet<string> _openAssemblies = [];
    private static readonly AssemblyBuilder _assembly = AssemblyBuilder.DefineDynamicAssembly(
        new AssemblyName("OrleansTagging.EmbeddedHost.References"), AssemblyBuilderAccess.Run);

    private static readonly ModuleBuilder _module = _assembly.DefineDynamicModule("References");

    private readonly ConstructorInvoker _construct;

    private GrainInterface(Type type)
    {
        if (!type.IsInterface || !typeof(IAddressable).IsAssignableFrom(type) || type.ContainsGenericParameters)
        {
            throw new ArgumentException($"{type} is no grain interface.");
        }

        Type = type;
        Name = type.FullName ?? type.Name;
        InterfaceType = GrainInterfaceType.Create(Name);
        Methods = [.. type.GetInterfaces().Prepend(type)
            .SelectMany(i => i.GetMethods())
            .Where(m => m.IsAbstract && !m.IsStatic)
            .Select(m => new GrainMethod(this, m))];
        _construct = ConstructorInvoker.Create(Emit());
    }

    public Type Type { get; }

    public string Name { get; }

    public GrainInterfaceType InterfaceType { get; }

    public GrainMethod[] Methods { get; }

    public static GrainInterface Of(Type type) => _known.GetOrAdd(type, static t => new(() => new GrainInterface(t))).Value;

    /// <summary>A reference to a grain by this interface.</summary>
    public GrainReference Refer(Caller home, GrainId grainId) => (GrainReference)_construct.Invoke(home, grainId, this);

    private ConstructorInfo Emit()
    {
        lock (_emitting)
        {
            Open(typeof(GrainReference).Assembly);
            OpenAll(Type);
            foreach (var method in Methods)
            {
                OpenAll(method.Info.DeclaringType!);
                OpenAll(method.Info.ReturnType);
                foreach (var parameter in method.Info.GetParameters())
                {
                    OpenAll(parameter.ParameterType);
                }
            }

            var type = _module.DefineType(
                $"{Name}.Reference", TypeAttributes.Class | TypeAttributes.Public | TypeAttributes.Sealed, typeof(GrainReference), [Type]);
            var inherited = typeof(GrainReference).GetConstructor(Declared, [typeof(Caller), typeof(GrainId), typeof(GrainInterface)])!;
            Type[] taken = [typeof(Caller), typeof(GrainId), typeof(GrainInterface)];
            var constructor = type.DefineConstructor(MethodAttributes.Public, CallingConventions.Standard, taken).GetILGenerator();
            constructor.Emit(OpCodes.Ldarg_0);
            constructor.Emit(OpCodes.Ldarg_1);
            constructor.Emit(OpCodes.Ldarg_2);
            constructor.Emit(OpCodes.Ldarg_3);
            constructor.Emit(OpCodes.Call, inherited);
            constructor.Emit(OpCodes.Ret);
            for (var i = 0; i < Methods.Length; i++)
            {
                EmitMethod(type, Methods[i], i);
            }

            return type.CreateType().GetConstructor(taken)!;
        }
    }

    private static void EmitMethod(TypeBuilder type, GrainMethod method, int index)
    {
        var parameters = method.Info.GetParameters();
        var built = type.DefineMethod(
            $"{method.Info.DeclaringType!.FullName}.{method.Name}",
            MethodAttributes.Private | MethodAttributes.Virtual | MethodAttributes.Final
                | MethodAttributes.HideBySig | MethodAttributes.NewSlot,
            method.Info.ReturnType,
            [.. parameters.Select(p => p.ParameterType)]);
        var il = built.GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldc_I4, index);
        il.Emit(OpCodes.Ldc_I4, parameters.Length);
        il.Emit(OpCodes.Newarr, typeof(object));
        for (var i = 0; i < parameters.Length; i++)
        {
            il.Emit(OpCodes.Dup);
            il.Emit(OpCodes.Ldc_I4, i);
            il.Emit(OpCodes.Ldarg, (short)(i + 1));
            if (parameters[i].ParameterType.IsValueType)
            {
                il.Emit(OpCodes.Box, parameters[i].ParameterType);
            }

            il.Emit(OpCodes.Stelem_Ref);
        }

        il.Emit(OpCodes.Call, Sender(method));
        il.Emit(OpCodes.Ret);
        type.DefineMethodOverride(built, method.Info);
    }

    private static MethodInfo Sender(GrainMethod method)
    {
        var result = method.Info.ReturnType;
        var name = result == typeof(void) ? nameof(GrainReference.InvokeVoid)
            : result == typeof(Task) || (result.IsGenericType && result.GetGenericTypeDefinition() == typeof(Task<>)) ? "InvokeTask"
            : result == typeof(ValueTask) || (result.IsGenericType && result.GetGenericTypeDefinition() == typeof(ValueTask<>))
                ? "InvokeValueTask"
            : throw new NotSupportedException(
                $"{method.Info.DeclaringType}.{method.Name} must return Task, ValueTask or void, with or without a result.");
        var sender = typeof(GrainReference).GetMethods(Declared)
            .Single(m => m.Name == name && m.IsGenericMethodDefinition == result.IsGenericType);
        return result.IsGenericType ? sender.MakeGenericMethod(method.ResultType) : sender;
    }

    private static void OpenAll(Type type)
    {
        Open(type.Assembly);
        foreach (var argument in type.GetGenericArguments())
        {
            OpenAll(argument);
        }

        foreach (var parent in type.GetInterfaces())
        {
            Open(parent.Assembly);
        }
    }

    /// <summary>Grain interfaces may be internal: the runtime shows them to an assembly that asks for it by this attribute.</summary>
    private static void Open(Assembly assembly)
    {
        var name = assembly.GetName().Name!;
        if (_openAssemblies.Add(name))
        {
            _assembly.SetCustomAttribute(new CustomAttributeBuilder(
                typeof(IgnoresAccessChecksToAttribute).GetConstructor([typeof(string)])!, [name]));
        }
    }
}
