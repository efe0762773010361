namespace TorchSharp.Utils;

/// <summary>Name that a field's parameter, buffer or module is registered under in place of the field's own.</summary>
[AttributeUsage(AttributeTargets.Field)]
public sealed class ComponentNameAttribute : Attribute
{
    public string? Name { get; set; }
}
