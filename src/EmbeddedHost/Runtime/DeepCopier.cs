using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Net;
using System.Numerics;
using System.Reflection;
using System.Reflection.Emit;
using Orleans;
using Orleans.Concurrency;
using Orleans.Runtime;
using Orleans.Serialization;

namespace OrleansTagging.EmbeddedHost;

/// <summary>
/// Copies what calls carry, so that caller and callee never share what either may change. As in Orleans, a type travels when it has
/// <see cref="GenerateSerializerAttribute"/> or is one of those that Orleans knows; any other fails with
/// <see cref="CodecNotFoundException"/>.
/// </summary>
internal sealed class DeepCopier
{
    /// <summary>Holds every type to Orleans' rules.</summary>
    public static readonly DeepCopier Strict = new(strict: true);

    /// <summary>Copies any type by its fields: for state in memory, which in Orleans a storage's own serialiser writes.</summary>
    public static readonly DeepCopier Lenient = new(strict: false);

    /// <summary>The mark that the compiler sets for [NonSerialized]; its own name in the library is obsolete.</summary>
    private const FieldAttributes NotSerialized = (FieldAttributes)0x80;

    private const BindingFlags Declared = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private static readonly HashSet<Type> _immutable =
    [
        typeof(string), typeof(decimal), typeof(DateTime), typeof(DateTimeOffset), typeof(DateOnly), typeof(TimeOnly), typeof(TimeSpan),
        typeof(Guid), typeof(Half), typeof(Int128), typeof(UInt128), typeof(BigInteger), typeof(Uri), typeof(Version), typeof(IPAddress),
        typeof(IPEndPoint), typeof(CancellationToken), typeof(object), typeof(void),
    ];

    private static readonly HashSet<Type> _immutableCollections =
    [
        typeof(ImmutableArray<>), typeof(ImmutableList<>), typeof(ImmutableHashSet<>), typeof(ImmutableDictionary<,>),
        typeof(ImmutableSortedDictionary<,>), typeof(ImmutableSortedSet<>), typeof(ImmutableQueue<>), typeof(ImmutableStack<>),
    ];

    private static readonly MethodInfo _clone =
        typeof(object).GetMethod("MemberwiseClone", BindingFlags.Instance | BindingFlags.NonPublic)!;

    private readonly bool _strict;
    private readonly ConcurrentDictionary<Type, Func<object, CopyContext, object>?> _copiers = new();

    private DeepCopier(bool strict) => _strict = strict;

    /// <summary>Whether every value of this type can be shared, as nobody can change it.</summary>
    public static bool IsImmutable(Type type)
    {
        if (type.IsPrimitive || type.IsEnum || type.IsPointer || (_immutable.Contains(type) && type != typeof(object)))
        {
            return true;
        }

        if (type.IsGenericType)
        {
            var definition = type.GetGenericTypeDefinition();
            if (definition == typeof(Immutable<>))
            {
                return true;
            }

            if (definition == typeof(Nullable<>) || definition == typeof(KeyValuePair<,>) || definition == typeof(Tuple<,>)
                || type.FullName!.StartsWith("System.ValueTuple`", StringComparison.Ordinal) || _immutableCollections.Contains(definition))
            {
                return type.GetGenericArguments().All(IsImmutable);
            }
        }

        return (type.IsValueType || type.IsSealed) && type.IsDefined(typeof(ImmutableAttribute), inherit: false);
    }

    /// <summary>A copy that shares nothing that anybody may change.</summary>
    public object? Copy(object? value) =>
        value is null ? null : Copier(value.GetType()) is { } copy ? copy(value, new CopyContext(this)) : value;

    /// <summary>The members of a type that travel, bases last.</summary>
    public IReadOnlyList<FieldInfo> TravellingMembersOf(Type type) =>
        [.. MembersOf(type).Where(member => member.Travels).Select(member => member.Field)];

    private Func<object, CopyContext, object>? Copier(Type type) =>
        _copiers.TryGetValue(type, out var copier) ? copier : _copiers.GetOrAdd(type, Build(type));

    private Func<object, CopyContext, object>? Build(Type type)
    {
        if (IsImmutable(type) || type == typeof(object) || type.IsDefined(typeof(ImmutableAttribute), inherit: false)
            || typeof(GrainReference).IsAssignableFrom(type) || typeof(Exception).IsAssignableFrom(type)
            || typeof(Type).IsAssignableFrom(type))
        {
            return null;
        }

        if (typeof(IAddressable).IsAssignableFrom(type))
        {
            throw new CodecNotFoundException(
                $"A grain cannot be passed in a call: pass a reference to it, this.AsReference<T>() ({type}).");
        }

        if (type.IsArray)
        {
            return ArrayCopier(type);
        }

        if (type.IsGenericType && CollectionCopier(type) is { } collection)
        {
            return collection;
        }

        if (type == typeof(BitArray))
        {
            return static (value, _) => ((BitArray)value).Clone();
        }

        return MemberCopier(type, MembersOf(type));
    }

    private static Func<object, CopyContext, object> ArrayCopier(Type type)
    {
        if (IsImmutable(type.GetElementType()!))
        {
            return static (value, context) => context.Note(value, ((Array)value).Clone());
        }

        return type.IsSZArray
            ? static (value, context) =>
            {
                var copy = (Array)context.Note(value, ((Array)value).Clone());
                for (var i = 0; i < copy.Length; i++)
                {
                    copy.SetValue(context.Copy(copy.GetValue(i)), i);
                }

                return copy;
            }
        : throw new CodecNotFoundException(
                $"This host copies arrays of more than one dimension only where their elements cannot change ({type}).");
    }

    private static Func<object, CopyContext, object>? CollectionCopier(Type type)
    {
        var definition = type.GetGenericTypeDefinition();
        var name = definition == typeof(List<>) ? nameof(CopyList)
            : definition == typeof(Dictionary<,>) ? nameof(CopyDictionary)
            : definition == typeof(HashSet<>) ? nameof(CopyHashSet)
            : definition == typeof(SortedDictionary<,>) ? nameof(CopySortedDictionary)
            : definition == typeof(SortedSet<>) ? nameof(CopySortedSet)
            : definition == typeof(Queue<>) ? nameof(CopyQueue)
            : definition == typeof(Stack<>) ? nameof(CopyStack)
            : definition == typeof(ConcurrentDictionary<,>) ? nameof(CopyConcurrentDictionary)
            : definition == typeof(ReadOnlyCollection<>) ? nameof(CopyReadOnlyCollection)
            : definition == typeof(ReadOnlyMemory<>) ? nameof(CopyReadOnlyMemory)
            : definition == typeof(Memory<>) ? nameof(CopyMemory)
            : definition == typeof(ImmutableArray<>) ? nameof(CopyImmutableArray)
            : definition == typeof(ImmutableList<>) ? nameof(CopyImmutableList)
            : definition == typeof(ImmutableHashSet<>) ? nameof(CopyImmutableHashSet)
            : definition == typeof(ImmutableDictionary<,>) ? nameof(CopyImmutableDictionary)
            : definition == typeof(ImmutableSortedDictionary<,>) ? nameof(CopyImmutableSortedDictionary)
            : null;
        return name is null
            ? null
            : typeof(DeepCopier).GetMethod(name, BindingFlags.NonPublic | BindingFlags.Static)!
                .MakeGenericMethod(type.GetGenericArguments())
                .CreateDelegate<Func<object, CopyContext, object>>();
    }

    private static object CopyList<T>(object value, CopyContext context)
    {
        var list = (List<T>)value;
        var copy = new List<T>(list.Count);
        context.Note(value, copy);
        if (Elements<T>.Immutable)
        {
            copy.AddRange(list);
        }
        else
        {
            foreach (var item in list)
            {
                copy.Add(context.Copy(item));
            }
        }

        return copy;
    }

    private static object CopyDictionary<TKey, TValue>(object value, CopyContext context)
        where TKey : notnull
    {
        var dictionary = (Dictionary<TKey, TValue>)value;
        var copy = new Dictionary<TKey, TValue>(dictionary.Count, dictionary.Comparer);
        context.Note(value, copy);
        foreach (var (key, item) in dictionary)
        {
            copy.Add(context.Copy(key), context.Copy(item));
        }

        return copy;
    }

    private static object CopyHashSet<T>(object value, CopyContext context)
    {
        var set = (HashSet<T>)value;
        return Elements<T>.Immutable
            ? context.Note(value, new HashSet<T>(set, set.Comparer))
            : context.Note(value, new HashSet<T>(set.Select(context.Copy), set.Comparer));
    }

    private static object CopySortedDictionary<TKey, TValue>(object value, CopyContext context)
        where TKey : notnull
    {
        var dictionary = (SortedDictionary<TKey, TValue>)value;
        var copy = new SortedDictionary<TKey, TValue>(dictionary.Comparer);
        foreach (var (key, item) in dictionary)
        {
            copy.Add(context.Copy(key), context.Copy(item));
        }

        return context.Note(value, copy);
    }

    private static object CopySortedSet<T>(object value, CopyContext context)
    {
        var set = (SortedSet<T>)value;
        return context.Note(value, new SortedSet<T>(set.Select(context.Copy), set.Comparer));
    }

    private static object CopyQueue<T>(object value, CopyContext context) =>
        context.Note(value, new Queue<T>(((Queue<T>)value).Select(context.Copy)));

    private static object CopyStack<T>(object value, CopyContext context) =>
        context.Note(value, new Stack<T>(((Stack<T>)value).Select(context.Copy).Reverse()));

    private static object CopyConcurrentDictionary<TKey, TValue>(object value, CopyContext context)
        where TKey : notnull =>
        context.Note(value, new ConcurrentDictionary<TKey, TValue>(((ConcurrentDictionary<TKey, TValue>)value)
            .Select(pair => KeyValuePair.Create(context.Copy(pair.Key), context.Copy(pair.Value)))));

    private static object CopyReadOnlyCollection<T>(object value, CopyContext context) =>
        context.Note(value, new ReadOnlyCollection<T>([.. ((ReadOnlyCollection<T>)value).Select(context.Copy)]));

    private static object CopyReadOnlyMemory<T>(object value, CopyContext context) =>
        new ReadOnlyMemory<T>(Array.ConvertAll(((ReadOnlyMemory<T>)value).ToArray(), context.Copy));

    private static object CopyMemory<T>(object value, CopyContext context) =>
        new Memory<T>(Array.ConvertAll(((Memory<T>)value).ToArray(), context.Copy));

    private static object CopyImmutableArray<T>(object value, CopyContext context) =>
        value is ImmutableArray<T> { IsDefault: false } array ? ImmutableArray.CreateRange(array.Select(context.Copy)) : value;

    private static object CopyImmutableList<T>(object value, CopyContext context) =>
        context.Note(value, ((ImmutableList<T>)value).ConvertAll(context.Copy));

    private static object CopyImmutableHashSet<T>(object value, CopyContext context)
    {
        var set = (ImmutableHashSet<T>)value;
        return context.Note(value, set.Select(context.Copy).ToImmutableHashSet(set.KeyComparer));
    }

    private static object CopyImmutableDictionary<TKey, TValue>(object value, CopyContext context)
        where TKey : notnull
    {
        var dictionary = (ImmutableDictionary<TKey, TValue>)value;
        return context.Note(value, dictionary.ToImmutableDictionary(
            pair => context.Copy(pair.Key), pair => context.Copy(pair.Value), dictionary.KeyComparer, dictionary.ValueComparer));
    }

    private static object CopyImmutableSortedDictionary<TKey, TValue>(object value, CopyContext context)
        where TKey : notnull
    {
        var dictionary = (ImmutableSortedDictionary<TKey, TValue>)value;
        return context.Note(value, dictionary.ToImmutableSortedDictionary(
            pair => context.Copy(pair.Key), pair => context.Copy(pair.Value), dictionary.KeyComparer, dictionary.ValueComparer));
    }

    private List<(FieldInfo Field, bool Travels)> MembersOf(Type type)
    {
        var members = new List<(FieldInfo, bool)>();
        for (var level = type; level is not null && level != typeof(object) && level != typeof(ValueType); level = level.BaseType)
        {
            var fields = level.GetFields(Declared);
            if (!_strict || IsTuple(level))
            {
                members.AddRange(fields.Select(f => (f, true)));
            }
            else if (level.GetCustomAttribute<GenerateSerializerAttribute>(inherit: false) is { } marked)
            {
                members.AddRange(fields.Select(f => (f, Travels(level, f, marked))));
            }
            else if (level == type || fields.Length > 0)
            {
                throw new CodecNotFoundException(
                    $"Could not find a copier for type {level}{(level == type ? "" : $", the base of {type}")}: what travels in "
                    + "calls needs [GenerateSerializer] and an [Id] on each member.");
            }
        }

        return members;
    }

    private static bool IsTuple(Type type) =>
        type.FullName is { } name
        && (name.StartsWith("System.ValueTuple`", StringComparison.Ordinal)
            || name.StartsWith("System.Tuple`", StringComparison.Ordinal)
            || name.StartsWith("System.Collections.Generic.KeyValuePair`", StringComparison.Ordinal));

    private static bool Travels(Type type, FieldInfo field, GenerateSerializerAttribute marked)
    {
        if (field.IsDefined(typeof(IdAttribute)))
        {
            return true;
        }

        if (field.Attributes.HasFlag(NotSerialized))
        {
            return false;
        }

        var name = field.Name;
        if (name.EndsWith(">k__BackingField", StringComparison.Ordinal))
        {
            name = name[1..name.IndexOf('>', StringComparison.Ordinal)];
            if (type.GetProperty(name, Declared) is { } property
                && (property.IsDefined(typeof(IdAttribute))
                    || (marked.GenerateFieldIds == GenerateFieldIds.PublicProperties
                        && property.GetMethod?.IsPublic == true && property.CanWrite)
                    || IsPrimary(type, property)))
            {
                return true;
            }
        }
        else if (name.EndsWith(">P", StringComparison.Ordinal) && marked.IncludePrimaryConstructorParameters)
        {
            return true;
        }

        throw new CodecNotFoundException(
            $"{type}.{name} has no [Id], so that Orleans would lose it in a call (and its analyser refuses it, ORLEANS0004).");
    }

    /// <summary>Whether this property of a record is a parameter of its primary constructor; those travel without an [Id].</summary>
    private static bool IsPrimary(Type type, PropertyInfo property)
    {
        var isRecord = type.GetMethod("<Clone>$", Declared) is not null
            || (type.IsValueType && type.GetMethod("PrintMembers", Declared) is not null);
        return isRecord && type.GetConstructors(Declared).Any(constructor =>
        {
            var parameters = constructor.GetParameters();
            return parameters.Any(p => p.Name == property.Name && p.ParameterType == property.PropertyType)
                && parameters.All(p => type.GetProperty(p.Name!, Declared) is { } other && other.PropertyType == p.ParameterType);
        });
    }

    /// <summary>Clones the object, then replaces the members that somebody may change and empties those that do not travel.</summary>
    private static Func<object, CopyContext, object> MemberCopier(Type type, List<(FieldInfo Field, bool Travels)> members)
    {
        var method = new DynamicMethod(
            $"Copy {type.Name}", typeof(object), [typeof(object), typeof(CopyContext)], typeof(DeepCopier).Module, true);
        var il = method.GetILGenerator();
        il.DeclareLocal(typeof(object));
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Call, _clone);
        il.Emit(OpCodes.Stloc_0);
        if (!type.IsValueType)
        {
            il.Emit(OpCodes.Ldarg_1);
            il.Emit(OpCodes.Ldarg_0);
            il.Emit(OpCodes.Ldloc_0);
            il.Emit(OpCodes.Call, typeof(CopyContext).GetMethod(nameof(CopyContext.Note))!);
            il.Emit(OpCodes.Pop);
        }

        foreach (var (field, travels) in members)
        {
            if (travels && IsImmutable(field.FieldType))
            {
                continue;
            }

            LoadClone(il, type);
            if (!travels && field.FieldType.IsValueType)
            {
                il.Emit(OpCodes.Ldflda, field);
                il.Emit(OpCodes.Initobj, field.FieldType);
                continue;
            }

            if (travels)
            {
                il.Emit(OpCodes.Ldarg_1);
                LoadClone(il, type);
                il.Emit(OpCodes.Ldfld, field);
                il.Emit(OpCodes.Call, typeof(CopyContext).GetMethod(nameof(CopyContext.Copy))!.MakeGenericMethod(field.FieldType));
            }
            else
            {
                il.Emit(OpCodes.Ldnull);
            }

            il.Emit(OpCodes.Stfld, field);
        }

        il.Emit(OpCodes.Ldloc_0);
        il.Emit(OpCodes.Ret);
        return method.CreateDelegate<Func<object, CopyContext, object>>();
    }

    private static void LoadClone(ILGenerator il, Type type)
    {
        il.Emit(OpCodes.Ldloc_0);
        il.Emit(type.IsValueType ? OpCodes.Unbox : OpCodes.Castclass, type);
    }

    private static class Elements<T>
    {
        public static readonly bool Immutable = IsImmutable(typeof(T));
    }

    /// <summary>The objects copied so far, so that what was one object stays one.</summary>
    internal sealed class CopyContext(DeepCopier copier)
    {
        private object? _first;
        private object? _firstCopy;
        private Dictionary<object, object>? _others;

        /// <summary>Remembers the copy of an object.</summary>
        public object Note(object value, object copy)
        {
            if (_first is null)
            {
                (_first, _firstCopy) = (value, copy);
            }
            else
            {
                (_others ??= new(ReferenceEqualityComparer.Instance))[value] = copy;
            }

            return copy;
        }

        /// <summary>The copy of one part.</summary>
        public T Copy<T>(T value)
        {
            if (value is null || Elements<T>.Immutable)
            {
                return value;
            }

            object boxed = value;
            if (copier.Copier(boxed.GetType()) is not { } copy)
            {
                return value;
            }

            if (!typeof(T).IsValueType)
            {
                if (ReferenceEquals(boxed, _first))
                {
                    return (T)_firstCopy!;
                }

                if (_others is not null && _others.TryGetValue(boxed, out var known))
                {
                    return (T)known;
                }
            }

            return (T)copy(boxed, this);
        }
    }
}
