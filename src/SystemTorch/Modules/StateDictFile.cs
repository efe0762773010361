using TorchSharp.Utils;

namespace TorchSharp
{
    /// <summary>
    /// TorchSharp's binary form of a state dict, read and written so that TorchSharp, and Python through TorchSharp's
    /// <c>importsd.py</c>, reads what is written here. Numbers of entries, types and axes are LEB128; an entry is its name as
    /// <see cref="BinaryWriter"/> writes a string, element type, number of axes, their lengths, and the elements' bytes in order.
    /// </summary>
    internal static class StateDictFile
    {
        internal static void Write(BinaryWriter writer, IEnumerable<KeyValuePair<string, torch.Tensor>> entries)
        {
            var all = entries.ToList();
            writer.Encode(all.Count);
            foreach (var (name, tensor) in all)
            {
                writer.Write(name);
                tensor.Save(writer);
            }
        }

        internal static void ReadInto(
            BinaryReader reader, Dictionary<string, torch.Tensor> target, bool strict, IList<string> skip, Dictionary<string, bool>? loaded)
        {
            var entries = reader.Decode();
            if (strict && entries != target.Count)
            {
                throw new ArgumentException($"Mismatched state_dict sizes: expected {target.Count}, but found {entries} entries.");
            }

            for (long i = 0; i < entries; i++)
            {
                var name = reader.ReadString();
                var known = target.TryGetValue(name, out var tensor);
                if (!known && strict)
                {
                    throw new ArgumentException(
                        $"Mismatched module state names: the target modules does not have a submodule or buffer named '{name}'");
                }

                if (known && !skip.Contains(name)) tensor!.Load(reader);
                else TensorExtensionMethods.Load(reader).Dispose();
                loaded?.Add(name, known);
            }
        }
    }

    public static partial class TensorExtensionMethods
    {
        private const string SameModel = "Make sure that the model you are loading into is exactly the same as the origin.";

        /// <summary>Writes type, shape and elements in TorchSharp's form.</summary>
        public static void Save(this torch.Tensor tensor, BinaryWriter writer)
        {
            using var here = tensor.detach().to(torch.CPU, disposeAfter: true);
            using var inOrder = here.contiguous();
            writer.Encode((int)inOrder.dtype);
            var shape = inOrder.shape;
            writer.Encode(shape.Length);
            foreach (var length in shape) writer.Encode(length);
            writer.Flush();
            inOrder.WriteBytesToStream(writer.BaseStream);
        }

        /// <summary>A new tensor in main memory from TorchSharp's form.</summary>
        public static torch.Tensor Load(BinaryReader reader)
        {
            var (type, shape) = ReadHead(reader);
            var tensor = torch.empty(shape, dtype: type);
            tensor.ReadBytesFromStream(reader.BaseStream);
            return tensor;
        }

        /// <summary>Fills a tensor from TorchSharp's form. Throws <see cref="ArgumentException"/> where type or shape differ.</summary>
        public static void Load(this torch.Tensor tensor, BinaryReader reader)
        {
            var (type, shape) = ReadHead(reader);
            if (type != tensor.dtype)
            {
                throw new ArgumentException($"Mismatched tensor data types while loading. {SameModel}");
            }

            if (!shape.AsSpan().SequenceEqual(tensor.shape))
            {
                throw new ArgumentException($"Mismatched tensor shape while loading. {SameModel}");
            }

            using var unrecorded = torch.no_grad();
            using var read = torch.empty(shape, dtype: type);
            read.ReadBytesFromStream(reader.BaseStream);
            tensor.copy_(read);
        }

        private static (torch.ScalarType Type, long[] Shape) ReadHead(BinaryReader reader)
        {
            var type = (torch.ScalarType)reader.Decode();
            var shape = new long[reader.Decode()];
            for (var axis = 0; axis < shape.Length; axis++) shape[axis] = reader.Decode();
            return (type, shape);
        }
    }
}

namespace TorchSharp.Utils
{
    /// <summary>Unsigned LEB128: seven bits a byte, lowest first, the top bit set on all but the last.</summary>
    internal static class LEB128Codec
    {
        internal static void Encode(this BinaryWriter writer, long value)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            while (value > 0x7f)
            {
                writer.Write((byte)((value & 0x7f) | 0x80));
                value >>= 7;
            }

            writer.Write((byte)value);
        }

        internal static long Decode(this BinaryReader reader)
        {
            long value = 0;
            for (var shift = 0; shift < 63; shift += 7)
            {
                var part = reader.ReadByte();
                value |= (long)(part & 0x7f) << shift;
                if ((part & 0x80) == 0) return value;
            }

            throw new InvalidDataException("A number of the state dict is longer than 63 bits: the file is damaged or no state dict");
        }
    }
}
