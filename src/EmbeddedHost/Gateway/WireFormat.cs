using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Numerics;
using System.Reflection;
using System.Runtime.CompilerServices;
using Orleans.Concurrency;
using Orleans.Serialization;

namespace OrleansTagging.EmbeddedHost;

/// <summary>
/// How values of one type are written to a gateway's connection and read from it. What travels is what calls copy
/// (<see cref="DeepCopier"/>): simple values, arrays, collections, and the members of types that have
/// <see cref="Orleans.GenerateSerializerAttribute"/>. Both sides are one build, so that members have no names on the wire.
/// </summary>
/// <param name="Write">Writes a value.</param>
/// <param name="Read">Reads one; where it may refer to itself, it is noted with the number given before its parts are read.</param>
internal sealed record WireFormat(Action<WireWriter, object> Write, Func<WireReader, int, object> Read)
{
    private static readonly ConcurrentDictionary<Type, WireFormat> _known = new(Simple());

    /// <summary>The format of a type.</summary>
    /// <exception cref="CodecNotFoundException">Values of this type do not travel.</exception>
    public static WireFormat Of(Type type) => _known.GetOrAdd(type, Build);

    /// <summary>The bytes of an array of simple values.</summary>
    public static bool IsBlittable(Type type) => type.IsPrimitive && type != typeof(nint) && type != typeof(nuint);

    private static WireFormat Build(Type type)
    {
        if (type.IsEnum)
        {
            var underlying = Of(Enum.GetUnderlyingType(type));
            return new(
                (writer, value) => underlying.Write(writer, Convert.ChangeType(value, Enum.GetUnderlyingType(type), null)),
                (reader, number) => Enum.ToObject(type, underlying.Read(reader, number)));
        }

        if (typeof(Type).IsAssignableFrom(type))
        {
            return Of(typeof(Type));
        }

        if (type.IsArray)
        {
            return ArrayOf(type);
        }

        return type.IsGenericType && CollectionOf(type) is { } collection ? collection : MembersOf(type);
    }

    private static WireFormat MembersOf(Type type)
    {
        var fields = DeepCopier.Strict.TravellingMembersOf(type);
        return new(
            (writer, value) =>
            {
                foreach (var field in fields)
                {
                    writer.Write(field.FieldType, field.GetValue(value));
                }
            },
            (reader, number) =>
            {
                var made = RuntimeHelpers.GetUninitializedObject(type);
                reader.Note(number, made);
                foreach (var field in fields)
                {
                    field.SetValue(made, reader.Read(field.FieldType));
                }

                return made;
            });
    }

    private static WireFormat ArrayOf(Type type)
    {
        var element = type.GetElementType()!;
        var rank = type.GetArrayRank();
        if (rank > 1 && !IsBlittable(element))
        {
            throw new CodecNotFoundException($"A gateway carries arrays of more than one dimension only of simple values ({type}).");
        }

        void Write(WireWriter writer, object value)
        {
            var array = (Array)value;
            for (var dimension = 0; dimension < rank; dimension++)
            {
                writer.Bytes.Write7BitEncodedInt(array.GetLength(dimension));
            }

            if (IsBlittable(element))
            {
                var bytes = new byte[Buffer.ByteLength(array)];
                Buffer.BlockCopy(array, 0, bytes, 0, bytes.Length);
                writer.Bytes.Write(bytes);
                return;
            }

            foreach (var item in array)
            {
                writer.Write(element, item);
            }
        }

        object Read(WireReader reader, int number)
        {
            var lengths = new int[rank];
            for (var dimension = 0; dimension < rank; dimension++)
            {
                lengths[dimension] = reader.Count();
            }

            var array = Array.CreateInstance(element, lengths);
            reader.Note(number, array);
            if (IsBlittable(element))
            {
                var bytes = reader.Exactly(Buffer.ByteLength(array));
                Buffer.BlockCopy(bytes, 0, array, 0, bytes.Length);
                return array;
            }

            for (var i = 0; i < array.Length; i++)
            {
                array.SetValue(reader.Read(element), i);
            }

            return array;
        }

        return new(Write, Read);
    }

    private static WireFormat? CollectionOf(Type type)
    {
        var definition = type.GetGenericTypeDefinition();
        var name = definition == typeof(List<>) ? nameof(List)
            : definition == typeof(Dictionary<,>) ? nameof(Dictionary)
            : definition == typeof(HashSet<>) ? nameof(HashSet)
            : definition == typeof(SortedDictionary<,>) ? nameof(SortedDictionary)
            : definition == typeof(SortedSet<>) ? nameof(SortedSet)
            : definition == typeof(Queue<>) ? nameof(Queue)
            : definition == typeof(ImmutableArray<>) ? nameof(ImmutableArrayOf)
            : definition == typeof(ImmutableList<>) ? nameof(ImmutableListOf)
            : definition == typeof(ImmutableHashSet<>) ? nameof(ImmutableHashSetOf)
            : definition == typeof(ImmutableDictionary<,>) ? nameof(ImmutableDictionaryOf)
            : definition == typeof(Nullable<>) ? nameof(NullableOf)
            : definition == typeof(Immutable<>) ? nameof(ImmutableOf)
            : null;
        return name is null
            ? null
            : (WireFormat)typeof(WireFormat).GetMethod(name, BindingFlags.NonPublic | BindingFlags.Static)!
                .MakeGenericMethod(type.GetGenericArguments()).Invoke(null, null)!;
    }

    private static WireFormat List<T>() => new(
        (writer, value) => WriteItems(writer, (List<T>)value, ((List<T>)value).Count),
        (reader, number) =>
        {
            var count = reader.Count();
            var list = new List<T>(Math.Min(count, 1024));
            reader.Note(number, list);
            for (var i = 0; i < count; i++)
            {
                list.Add(reader.Read<T>());
            }

            return list;
        });

    private static WireFormat Dictionary<TKey, TValue>()
        where TKey : notnull => new(
        (writer, value) =>
        {
            var dictionary = (Dictionary<TKey, TValue>)value;
            WriteComparer(writer, dictionary.Comparer);
            WritePairs(writer, dictionary, dictionary.Count);
        },
        (reader, number) =>
        {
            var dictionary = new Dictionary<TKey, TValue>(ReadComparer<TKey>(reader));
            reader.Note(number, dictionary);
            foreach (var (key, value) in ReadPairs<TKey, TValue>(reader))
            {
                dictionary.Add(key, value);
            }

            return dictionary;
        });

    private static WireFormat HashSet<T>() => new(
        (writer, value) =>
        {
            var set = (HashSet<T>)value;
            WriteComparer(writer, set.Comparer);
            WriteItems(writer, set, set.Count);
        },
        (reader, _) =>
        {
            var comparer = ReadComparer<T>(reader);
            return new HashSet<T>(ReadItems<T>(reader), comparer);
        });

    private static WireFormat SortedDictionary<TKey, TValue>()
        where TKey : notnull => new(
        (writer, value) => WritePairs(writer, (SortedDictionary<TKey, TValue>)value, ((SortedDictionary<TKey, TValue>)value).Count),
        (reader, _) => new SortedDictionary<TKey, TValue>(ReadPairs<TKey, TValue>(reader).ToDictionary()));

    private static WireFormat SortedSet<T>() => new(
        (writer, value) => WriteItems(writer, (SortedSet<T>)value, ((SortedSet<T>)value).Count),
        (reader, _) => new SortedSet<T>(ReadItems<T>(reader)));

    private static WireFormat Queue<T>() => new(
        (writer, value) => WriteItems(writer, (Queue<T>)value, ((Queue<T>)value).Count),
        (reader, _) => new Queue<T>(ReadItems<T>(reader)));

    private static WireFormat ImmutableArrayOf<T>() => new(
        (writer, value) =>
        {
            var array = (ImmutableArray<T>)value;
            writer.Bytes.Write(array.IsDefault);
            if (!array.IsDefault)
            {
                WriteItems(writer, array, array.Length);
            }
        },
        (reader, _) => reader.Bytes.ReadBoolean() ? default(ImmutableArray<T>) : [.. ReadItems<T>(reader)]);

    private static WireFormat ImmutableListOf<T>() => new(
        (writer, value) => WriteItems(writer, (ImmutableList<T>)value, ((ImmutableList<T>)value).Count),
        (reader, _) => ReadItems<T>(reader).ToImmutableList());

    private static WireFormat ImmutableHashSetOf<T>() => new(
        (writer, value) => WriteItems(writer, (ImmutableHashSet<T>)value, ((ImmutableHashSet<T>)value).Count),
        (reader, _) => ReadItems<T>(reader).ToImmutableHashSet());

    private static WireFormat ImmutableDictionaryOf<TKey, TValue>()
        where TKey : notnull => new(
        (writer, value) => WritePairs(writer, (ImmutableDictionary<TKey, TValue>)value, ((ImmutableDictionary<TKey, TValue>)value).Count),
        (reader, _) => ReadPairs<TKey, TValue>(reader).ToImmutableDictionary());

    // A boxed value that may be absent is boxed as the value or as null, which is written before.
    private static WireFormat NullableOf<T>()
        where T : struct => Of(typeof(T));

    private static WireFormat ImmutableOf<T>() => new(
        (writer, value) => writer.Write(typeof(T), ((Immutable<T>)value).Value),
        (reader, _) => new Immutable<T>(reader.Read<T>()));

    private static void WriteItems<T>(WireWriter writer, IEnumerable<T> items, int count)
    {
        writer.Bytes.Write7BitEncodedInt(count);
        foreach (var item in items)
        {
            writer.Write(typeof(T), item);
        }
    }

    private static List<T> ReadItems<T>(WireReader reader) => [.. Enumerable.Range(0, reader.Count()).Select(_ => reader.Read<T>())];

    private static void WritePairs<TKey, TValue>(WireWriter writer, IEnumerable<KeyValuePair<TKey, TValue>> pairs, int count)
    {
        writer.Bytes.Write7BitEncodedInt(count);
        foreach (var (key, value) in pairs)
        {
            writer.Write(typeof(TKey), key);
            writer.Write(typeof(TValue), value);
        }
    }

    private static IEnumerable<KeyValuePair<TKey, TValue>> ReadPairs<TKey, TValue>(WireReader reader)
    {
        for (var left = reader.Count(); left > 0; left--)
        {
            var key = reader.Read<TKey>();
            yield return KeyValuePair.Create(key, reader.Read<TValue>());
        }
    }

    private static void WriteComparer<T>(WireWriter writer, IEqualityComparer<T> comparer) => writer.Bytes.Write(
        comparer == EqualityComparer<T>.Default ? (byte)0
        : ReferenceEquals(comparer, StringComparer.Ordinal) ? (byte)1
        : ReferenceEquals(comparer, StringComparer.OrdinalIgnoreCase) ? (byte)2
        : throw new CodecNotFoundException($"A gateway does not carry the comparer {comparer}."));

    private static IEqualityComparer<T>? ReadComparer<T>(WireReader reader) => reader.Bytes.ReadByte() switch
    {
        1 => (IEqualityComparer<T>)StringComparer.Ordinal,
        2 => (IEqualityComparer<T>)StringComparer.OrdinalIgnoreCase,
        _ => null,
    };

    private static Dictionary<Type, WireFormat> Simple() => new()
    {
        [typeof(bool)] = Plain((bytes, value) => bytes.Write(value), bytes => bytes.ReadBoolean()),
        [typeof(byte)] = Plain((bytes, value) => bytes.Write(value), bytes => bytes.ReadByte()),
        [typeof(sbyte)] = Plain((bytes, value) => bytes.Write(value), bytes => bytes.ReadSByte()),
        [typeof(short)] = Plain((bytes, value) => bytes.Write(value), bytes => bytes.ReadInt16()),
        [typeof(ushort)] = Plain((bytes, value) => bytes.Write(value), bytes => bytes.ReadUInt16()),
        [typeof(int)] = Plain((bytes, value) => bytes.Write(value), bytes => bytes.ReadInt32()),
        [typeof(uint)] = Plain((bytes, value) => bytes.Write(value), bytes => bytes.ReadUInt32()),
        [typeof(long)] = Plain((bytes, value) => bytes.Write(value), bytes => bytes.ReadInt64()),
        [typeof(ulong)] = Plain((bytes, value) => bytes.Write(value), bytes => bytes.ReadUInt64()),
        [typeof(char)] = Plain((bytes, value) => bytes.Write((ushort)value), bytes => (char)bytes.ReadUInt16()),
        [typeof(float)] = Plain((bytes, value) => bytes.Write(value), bytes => bytes.ReadSingle()),
        [typeof(double)] = Plain((bytes, value) => bytes.Write(value), bytes => bytes.ReadDouble()),
        [typeof(Half)] = Plain((bytes, value) => bytes.Write(value), bytes => bytes.ReadHalf()),
        [typeof(decimal)] = Plain((bytes, value) => bytes.Write(value), bytes => bytes.ReadDecimal()),
        [typeof(string)] = Plain((bytes, value) => bytes.Write(value), bytes => bytes.ReadString()),
        [typeof(Guid)] = Plain((bytes, value) => bytes.Write(value.ToByteArray()), bytes => new Guid(bytes.ReadBytes(16))),
        [typeof(TimeSpan)] = Plain((bytes, value) => bytes.Write(value.Ticks), bytes => new TimeSpan(bytes.ReadInt64())),
        [typeof(DateTime)] = Plain((bytes, value) => bytes.Write(value.ToBinary()), bytes => DateTime.FromBinary(bytes.ReadInt64())),
        [typeof(DateOnly)] = Plain((bytes, value) => bytes.Write(value.DayNumber), bytes => DateOnly.FromDayNumber(bytes.ReadInt32())),
        [typeof(TimeOnly)] = Plain((bytes, value) => bytes.Write(value.Ticks), bytes => new TimeOnly(bytes.ReadInt64())),
        [typeof(DateTimeOffset)] = Plain(
            (bytes, value) =>
            {
                bytes.Write(value.Ticks);
                bytes.Write(value.Offset.Ticks);
            },
            bytes => new DateTimeOffset(bytes.ReadInt64(), new TimeSpan(bytes.ReadInt64()))),
        [typeof(Int128)] = Plain((bytes, value) => bytes.Write(value.ToString()), bytes => Int128.Parse(bytes.ReadString(), null)),
        [typeof(UInt128)] = Plain((bytes, value) => bytes.Write(value.ToString()), bytes => UInt128.Parse(bytes.ReadString(), null)),
        [typeof(BigInteger)] = Plain((bytes, value) => bytes.Write(value.ToString()), bytes => BigInteger.Parse(bytes.ReadString(), null)),
        [typeof(Uri)] = Plain(
            (bytes, value) => bytes.Write(value.OriginalString), bytes => new Uri(bytes.ReadString(), UriKind.RelativeOrAbsolute)),
        [typeof(Version)] = Plain((bytes, value) => bytes.Write(value.ToString()), bytes => Version.Parse(bytes.ReadString())),
        [typeof(IPAddress)] = Plain((bytes, value) => bytes.Write(value.ToString()), bytes => IPAddress.Parse(bytes.ReadString())),
        [typeof(IPEndPoint)] = Plain((bytes, value) => bytes.Write(value.ToString()), bytes => IPEndPoint.Parse(bytes.ReadString())),
        [typeof(Type)] = Plain(
            (bytes, value) => bytes.Write(value.AssemblyQualifiedName!), bytes => WireReader.TypeNamed(bytes.ReadString())),
        // A token does not travel; the callee gets one of its own, and the caller's cancellation is a frame.
        [typeof(CancellationToken)] = new((_, _) => { }, (_, _) => CancellationToken.None),
        [typeof(object)] = new((_, _) => { }, (_, _) => new object()),
    };

    private static WireFormat Plain<T>(Action<BinaryWriter, T> write, Func<BinaryReader, T> read)
        where T : notnull => new((writer, value) => write(writer.Bytes, (T)value), (reader, _) => read(reader.Bytes));
}
