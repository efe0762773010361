namespace System.Runtime.CompilerServices;

/// <summary>Known to the .NET runtime by its name: lets the assembly that bears it use the internals of another.</summary>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
internal sealed class IgnoresAccessChecksToAttribute(string assemblyName) : Attribute
{
    public string AssemblyName { get; } = assemblyName;
}
