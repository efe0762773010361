using System.Runtime.CompilerServices;
using Orleans.Runtime;
using Orleans.Serialization;

namespace OrleansTagging.EmbeddedHost;

/// <summary>Reads one frame of a gateway's connection.</summary>
internal sealed class WireReader
{
    private readonly Caller _caller;
    private readonly List<object?> _read = [];

    /// <summary>A frame; references to grains in it call from this caller.</summary>
    public WireReader(byte[] frame, Caller caller)
    {
        _caller = caller;
        Bytes = new BinaryReader(new MemoryStream(frame));
        Kind = (GatewayFrame)Bytes.ReadByte();
        Call = Bytes.ReadInt64();
    }

    /// <summary>For simple values.</summary>
    public BinaryReader Bytes { get; }

    /// <summary>What the frame is.</summary>
    public GatewayFrame Kind { get; }

    /// <summary>The call that it belongs to.</summary>
    public long Call { get; }

    /// <summary>The type of this name.</summary>
    /// <exception cref="SerializerException">This program has none.</exception>
    public static Type TypeNamed(string name) => Type.GetType(name, throwOnError: false)
        ?? throw new SerializerException($"This program has no type {name}; is the other side another build of it?");

    /// <summary>Notes an object before its parts are read, as they may refer to it.</summary>
    public void Note(int number, object value)
    {
        if (number >= 0)
        {
            _read[number] = value;
        }
    }

    /// <summary>A count of what follows in this frame.</summary>
    public int Count()
    {
        var count = Bytes.Read7BitEncodedInt();
        return count >= 0 && count <= Bytes.BaseStream.Length
            ? count
            : throw new SerializerException($"A frame speaks of {count} items, more than it can hold.");
    }

    /// <summary>So many bytes.</summary>
    public byte[] Exactly(int count) =>
        Bytes.ReadBytes(count) is var bytes && bytes.Length == count ? bytes : throw new EndOfStreamException();

    /// <summary>Reads a value that is expected to be of this type.</summary>
    public T Read<T>() => (T)Read(typeof(T))!;

    /// <summary>Reads a value that is expected to be of this type.</summary>
    public object? Read(Type expected)
    {
        if (expected.IsValueType && Nullable.GetUnderlyingType(expected) is null)
        {
            return WireFormat.Of(expected).Read(this, -1);
        }

        var tag = (WireTag)Bytes.ReadByte();
        switch (tag)
        {
            case WireTag.Null:
                return null;
            case WireTag.Known:
                return _read[Bytes.Read7BitEncodedInt()];
            case WireTag.Reference:
                var grainInterface = Read<Type>();
                return GrainInterface.Of(grainInterface).Refer(_caller, Read<GrainId>());
            case WireTag.Exception:
                return WireException.Read(this);
            case WireTag.Expected or WireTag.Named:
                var type = tag == WireTag.Named ? TypeNamed(Bytes.ReadString()) : Nullable.GetUnderlyingType(expected) ?? expected;
                RuntimeHelpers.EnsureSufficientExecutionStack();
                if (type.IsValueType || type == typeof(string))
                {
                    return WireFormat.Of(type).Read(this, -1);
                }

                var number = _read.Count;
                _read.Add(null);
                return _read[number] = WireFormat.Of(type).Read(this, number);
            default:
                throw new SerializerException($"{(byte)tag} begins no value.");
        }
    }
}
