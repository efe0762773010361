using System.Collections;
using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using YamlDotNet.RepresentationModel;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace OrleansTagging.Recipe;

/// <summary>
/// Makes settings records of YAML nodes that were checked before. Beside the nodes it takes settings by path (<c>network.blocks</c>), which
/// go before what the nodes say. Where a list stands for one value, it takes the first.
/// </summary>
internal static class SettingsBinder
{
    private static readonly ConcurrentDictionary<Type, (string Key, PropertyInfo Property)[]> s_keys = new();

    /// <summary>The keys of a record in a file.</summary>
    public static IReadOnlyList<(string Key, PropertyInfo Property)> KeysOf(Type type) => s_keys.GetOrAdd(type, static type =>
    [
        .. type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.CanWrite && property.GetCustomAttribute<YamlIgnoreAttribute>() is null)
            .Select(property => (UnderscoredNamingConvention.Instance.Apply(property.Name), property)),
    ]);

    /// <summary>Whether a type is a record of settings, which a file writes as a mapping of known keys.</summary>
    public static bool IsSection(Type type) => type.Namespace == typeof(ExperimentFile).Namespace;

    /// <summary>Type of the values of a mapping of names; <c>null</c> for any other type.</summary>
    public static Type? NamedType(Type type) =>
        typeof(IDictionary).IsAssignableFrom(type) && type.IsGenericType ? type.GetGenericArguments()[1] : null;

    /// <summary>Whether a list of values stands where one value of the type is due.</summary>
    public static bool IsVaried(Type type, YamlNode node) => node is YamlSequenceNode list
        && (type.IsArray ? list.Children.Count > 0 && list.All(element => element is YamlSequenceNode) : !IsSection(type));

    /// <summary>The value of a key of a mapping; <c>null</c> where it lacks the key, or is none.</summary>
    public static YamlNode? Value(YamlNode? node, string key) => node is YamlMappingNode mapping
        ? mapping.Children.FirstOrDefault(child => child.Key is YamlScalarNode name && name.Value == key).Value
        : null;

    /// <summary>Makes a value.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="node">Its node; <c>null</c> for a record that the file leaves out.</param>
    /// <param name="path">Path of the value; empty for the root.</param>
    /// <param name="settings">Settings by path that go before the nodes'.</param>
    public static object Bind(Type type, YamlNode? node, string path, IReadOnlyDictionary<string, YamlNode> settings)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (NamedType(type) is { } named)
        {
            return Named(type, named, (YamlMappingNode)node!);
        }
        if (type == typeof(EnsembleSettings) && node is YamlSequenceNode members)
        {
            return new EnsembleSettings { Members = (string[])Array(typeof(string), members) };
        }
        if (IsSection(type))
        {
            return Record(type, node, path, settings);
        }
        var one = IsVaried(type, node!) ? ((YamlSequenceNode)node!).Children[0] : node!;
        return type.GetElementType() is { } element ? Array(element, (YamlSequenceNode)one) : Scalar(type, ((YamlScalarNode)one).Value!);
    }

    private static object Record(Type type, YamlNode? node, string path, IReadOnlyDictionary<string, YamlNode> settings)
    {
        var record = Activator.CreateInstance(type)!;
        foreach (var (key, property) in KeysOf(type))
        {
            var at = path.Length == 0 ? key : $"{path}.{key}";
            var value = settings.GetValueOrDefault(at) ?? Value(node, key);
            // A section that the file leaves out may still have a setting by path.
            if (value is not null || (IsSection(property.PropertyType)
                && settings.Keys.Any(setting => setting.StartsWith($"{at}.", StringComparison.Ordinal))))
            {
                property.SetValue(record, Bind(property.PropertyType, value, at, settings));
            }
        }
        return record;
    }

    private static object Named(Type type, Type valueType, YamlMappingNode mapping)
    {
        var named = (IDictionary)Activator.CreateInstance(type, StringComparer.Ordinal)!;
        foreach (var (key, value) in mapping.Children)
        {
            named[((YamlScalarNode)key).Value!] = Bind(valueType, value, "", new Dictionary<string, YamlNode>());
        }
        return named;
    }

    private static Array Array(Type element, YamlSequenceNode list)
    {
        var values = System.Array.CreateInstance(element, list.Children.Count);
        for (var at = 0; at < list.Children.Count; at++)
        {
            values.SetValue(Scalar(element, ((YamlScalarNode)list.Children[at]).Value!), at);
        }
        return values;
    }

    private static object Scalar(Type type, string text) =>
        type == typeof(bool) ? text == "true" : Convert.ChangeType(text, type, CultureInfo.InvariantCulture);
}
