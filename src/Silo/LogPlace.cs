using Serilog.Core;
using Serilog.Events;
using Serilog.Parsing;

namespace OrleansTagging.Silo;

/// <summary>
/// Gives every line of the log the property <c>Place</c>: which experiment, round, fold and job it is about, in brackets, for the console;
/// empty where it is about none. In the files each is a property by itself.
/// </summary>
internal sealed class LogPlace : ILogEventEnricher
{
    private static readonly (string Name, string Before)[] Parts =
    [
        ("Experiment", ""), ("Curriculum", " "), ("Round", "@"), ("Member", " "), ("Owner", " "), ("Selection", " "), ("Fold", " fold "),
        ("Job", " "),
    ];

    /// <inheritdoc/>
    public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory)
    {
        var place = string.Concat(Parts
            .Where(part => logEvent.Properties.ContainsKey(part.Name) && !Names(logEvent, part.Name))
            .Select(part => part.Before + Text(logEvent.Properties[part.Name])));
        logEvent.AddPropertyIfAbsent(new LogEventProperty("Place", new ScalarValue(place.Length == 0 ? "" : $" [{place.Trim()}]")));
    }

    // What the line says by itself is not said again behind it.
    private static bool Names(LogEvent line, string property) =>
        line.MessageTemplate.Tokens.OfType<PropertyToken>().Any(token => token.PropertyName == property);

    private static string Text(LogEventPropertyValue value) => value is ScalarValue { Value: string text } ? text : value.ToString();
}
