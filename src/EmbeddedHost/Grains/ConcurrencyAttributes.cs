namespace Orleans.Concurrency;

/// <summary>A method that may run between the turns of any other request, as in Orleans.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class AlwaysInterleaveAttribute : Attribute;

/// <summary>A method that changes nothing, so that calls of such methods may run between each other's turns, as in Orleans.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ReadOnlyAttribute : Attribute;

/// <summary>A method whose caller does not wait for it, nor hears of its failure, as in Orleans.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class OneWayAttribute : Attribute;

/// <summary>A grain class whose requests may all run between each other's turns, as in Orleans.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ReentrantAttribute : Attribute;

/// <summary>A value that nobody changes, passed without a copy, as in Orleans.</summary>
[GenerateSerializer]
[Immutable]
public readonly struct Immutable<T>(T value)
{
    /// <summary>The value.</summary>
    [Id(0)]
    public readonly T Value = value;
}

/// <summary>Wraps values for <see cref="Immutable{T}"/>, as in Orleans.</summary>
public static class ImmutableExtensions
{
    /// <summary>The value as one that nobody changes.</summary>
    public static Immutable<T> AsImmutable<T>(this T value) => new(value);
}
