using System.Text.Json;
using OrleansTagging.Abstractions;

namespace OrleansTagging.Grains;

/// <summary>The forms that figures take in <c>report.json</c>: a figure that does not exist is <c>null</c>, never left out.</summary>
internal static class ReportFigures
{
    /// <summary>Writes a number; <c>null</c> where there is none or it is not finite.</summary>
    public static void WriteFigure(this Utf8JsonWriter json, string name, double? number)
    {
        if (number is { } value && double.IsFinite(value))
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    /// <summary>Writes an interval as <c>[low, high]</c>; <c>null</c> where there is none.</summary>
    public static void WriteInterval(this Utf8JsonWriter json, string name, LwlrapInterval? interval)
    {
        if (interval is null)
        {
            json.WriteNull(name);
            return;
        }
        json.WriteStartArray(name);
        json.WriteNumberValue(interval.Low);
        json.WriteNumberValue(interval.High);
        json.WriteEndArray();
    }

    /// <summary>Writes a figure for each class; a class that no clip has has none.</summary>
    public static void WritePerClass(this Utf8JsonWriter json, string name, string[] classes, double[] values, int[]? counts)
    {
        json.WriteStartObject(name);
        for (var label = 0; label < values.Length; label++)
        {
            json.WriteFigure(classes[label], counts is not null && counts[label] == 0 ? null : values[label]);
        }
        json.WriteEndObject();
    }

    /// <summary>Writes a list of names.</summary>
    public static void WriteNames(this Utf8JsonWriter json, string name, IEnumerable<string> names)
    {
        json.WriteStartArray(name);
        foreach (var one in names)
        {
            json.WriteStringValue(one);
        }
        json.WriteEndArray();
    }
}
