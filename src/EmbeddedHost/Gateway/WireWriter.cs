using System.Runtime.CompilerServices;
using Orleans;
using Orleans.Runtime;
using Orleans.Serialization;

namespace OrleansTagging.EmbeddedHost;

/// <summary>What stands before a value on the wire.</summary>
internal enum WireTag : byte
{
    /// <summary>No value.</summary>
    Null,

    /// <summary>A value of the type that is expected there.</summary>
    Expected,

    /// <summary>A value of the type whose name follows.</summary>
    Named,

    /// <summary>The object that came at this place before.</summary>
    Known,

    /// <summary>A reference to a grain: its interface and its identity.</summary>
    Reference,

    /// <summary>An exception: its type, message, stack, cause.</summary>
    Exception,
}

/// <summary>Writes one frame of a gateway's connection.</summary>
internal sealed class WireWriter
{
    private const int Deepest = 500;

    private readonly MemoryStream _content = new();
    private readonly Dictionary<object, int> _written = new(ReferenceEqualityComparer.Instance);
    private int _depth;

    /// <summary>A frame of this kind for a call.</summary>
    public WireWriter(GatewayFrame kind, long call)
    {
        Bytes = new BinaryWriter(_content);
        Bytes.Write((byte)kind);
        Bytes.Write(call);
    }

    /// <summary>For simple values.</summary>
    public BinaryWriter Bytes { get; }

    /// <summary>The frame.</summary>
    public ReadOnlyMemory<byte> Content => _content.GetBuffer().AsMemory(0, (int)_content.Length);

    /// <summary>Writes a value that the reader expects to be of this type.</summary>
    public void Write(Type expected, object? value)
    {
        if (expected.IsValueType && Nullable.GetUnderlyingType(expected) is null)
        {
            WireFormat.Of(expected).Write(this, value!);
            return;
        }

        switch (value)
        {
            case null:
                Tag(WireTag.Null);
                return;
            case GrainReference reference:
                Tag(WireTag.Reference);
                Write(typeof(Type), reference.Interface.Type);
                Write(typeof(GrainId), reference.GrainId);
                return;
            case IAddressable:
                throw new CodecNotFoundException(
                    $"A grain cannot be passed in a call: pass a reference to it, this.AsReference<T>() ({value.GetType()}).");
            case Exception exception:
                Tag(WireTag.Exception);
                WireException.Write(this, exception);
                return;
        }

        var type = value.GetType();
        var isShared = !type.IsValueType && type != typeof(string);
        if (isShared)
        {
            if (_written.TryGetValue(value, out var number))
            {
                Tag(WireTag.Known);
                Bytes.Write7BitEncodedInt(number);
                return;
            }

            _written.Add(value, _written.Count);
        }

        if (type == (Nullable.GetUnderlyingType(expected) ?? expected))
        {
            Tag(WireTag.Expected);
        }
        else
        {
            Tag(WireTag.Named);
            Bytes.Write((value is Type ? typeof(Type) : type).AssemblyQualifiedName!);
        }

        if (++_depth > Deepest)
        {
            throw new SerializerException($"A value nests deeper than {Deepest} levels, more than a gateway carries ({type}).");
        }

        RuntimeHelpers.EnsureSufficientExecutionStack();
        WireFormat.Of(type).Write(this, value);
        _depth--;
    }

    private void Tag(WireTag tag) => Bytes.Write((byte)tag);
}
