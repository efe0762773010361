using System.Text.Json;

namespace OrleansTagging.Grains;

/// <summary>The contrasts as a part of <c>report.json</c>.</summary>
internal static class ContrastReport
{
    /// <summary>Writes the property <c>contrasts</c>.</summary>
    public static void Write(Utf8JsonWriter json, IEnumerable<ContrastRecord> contrasts)
    {
        json.WriteStartArray("contrasts");
        foreach (var contrast in contrasts)
        {
            json.WriteStartObject();
            json.WriteString("contrast", contrast.Name);
            json.WriteString("claim", contrast.Claim);
            json.WriteNames("members", contrast.Members);
            json.WriteNames("against", contrast.Against);
            WriteDifference(json, "cross_validated_lwlrap", contrast.CrossValidated);
            WriteDifference(json, "test_lwlrap", contrast.Test);
            json.WriteString("verdict", contrast.Verdict);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteDifference(Utf8JsonWriter json, string name, PairedDifference? difference)
    {
        if (difference is null)
        {
            json.WriteNull(name);
            return;
        }
        json.WriteStartObject(name);
        json.WriteNumber("difference", difference.Mean);
        json.WriteFigure("spread", difference.Spread);
        json.WriteFigure("margin", difference.Margin);
        json.WriteNumber("pairs", difference.Pairs);
        json.WriteEndObject();
    }
}
