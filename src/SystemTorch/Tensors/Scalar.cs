using System.Globalization;

namespace TorchSharp;

/// <summary>
/// A number that keeps whether it was an integer, a real number or a truth value, so that libtorch's type promotion sees it as Python's
/// would.
/// </summary>
public sealed class Scalar : IDisposable
{
    internal Scalar(Number number, torch.ScalarType type)
    {
        Number = number;
        Type = type;
    }

    internal Number Number { get; }

    /// <summary>Element type that the number came as.</summary>
    public torch.ScalarType Type { get; }

    public static implicit operator Scalar(byte value) => new(new(value, value, 0), torch.ScalarType.Byte);

    public static implicit operator Scalar(sbyte value) => new(new(value, value, 0), torch.ScalarType.Int8);

    public static implicit operator Scalar(short value) => new(new(value, value, 0), torch.ScalarType.Int16);

    public static implicit operator Scalar(int value) => new(new(value, value, 0), torch.ScalarType.Int32);

    public static implicit operator Scalar(long value) => new(new(value, value, 0), torch.ScalarType.Int64);

    public static implicit operator Scalar(float value) => new(new(0, value, 1), torch.ScalarType.Float32);

    public static implicit operator Scalar(double value) => new(new(0, value, 1), torch.ScalarType.Float64);

    public static implicit operator Scalar(bool value) => new(new(value ? 1 : 0, value ? 1 : 0, 2), torch.ScalarType.Bool);

    /// <summary>There is nothing to release; TorchSharp's scalars are native objects and callers dispose of them.</summary>
    public void Dispose()
    {
    }

    /// <inheritdoc/>
    public override string ToString() => Number.Kind == 1
        ? Number.Real.ToString(CultureInfo.InvariantCulture)
        : Number.Integer.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Conversions between numbers and <see cref="Scalar"/>.</summary>
public static class ScalarExtensionMethods
{
    public static Scalar ToScalar(this int value) => value;

    public static Scalar ToScalar(this long value) => value;

    public static Scalar ToScalar(this float value) => value;

    public static Scalar ToScalar(this double value) => value;

    public static Scalar ToScalar(this bool value) => value;

    public static float ToSingle(this Scalar value) => (float)value.ToDouble();

    public static double ToDouble(this Scalar value) => value.Number.Kind == 1 ? value.Number.Real : value.Number.Integer;

    public static int ToInt32(this Scalar value) => (int)value.ToInt64();

    public static long ToInt64(this Scalar value) => value.Number.Kind == 1 ? (long)value.Number.Real : value.Number.Integer;

    public static bool ToBoolean(this Scalar value) => value.Number.Kind == 1 ? value.Number.Real != 0 : value.Number.Integer != 0;
}
