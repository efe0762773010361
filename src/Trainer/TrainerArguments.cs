using OrleansTagging.Labels;

namespace OrleansTagging.Trainer;

/// <summary>The options of a command, each a name and a value.</summary>
internal static class TrainerArguments
{
    /// <summary>Reads what follows the command.</summary>
    /// <exception cref="InputException">An option is unknown, given twice, without a value, or missing.</exception>
    public static Dictionary<string, string> Parse(string[] arguments, string[] required, string[] optional)
    {
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var at = 1; at < arguments.Length; at += 2)
        {
            var name = arguments[at];
            if (!required.Contains(name) && !optional.Contains(name))
            {
                throw new InputException($"'{name}' is no option of {arguments[0]}; it takes {string.Join(", ", [.. required, .. optional])}.");
            }
            if (at + 1 == arguments.Length)
            {
                throw new InputException($"{name} needs a value.");
            }
            if (!options.TryAdd(name, arguments[at + 1]))
            {
                throw new InputException($"{name} is given twice.");
            }
        }
        foreach (var name in required)
        {
            if (!options.ContainsKey(name))
            {
                throw new InputException($"{arguments[0]} needs {name}.");
            }
        }
        return options;
    }
}
