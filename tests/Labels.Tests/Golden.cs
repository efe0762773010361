using System.Text.Json;

namespace OrleansTagging.Labels.Tests;

/// <summary>The reference figures, computed by scikit-learn and the public reference implementation.</summary>
internal static class Golden
{
    public static ClassMap Classes { get; } = new(Enumerable.Range(0, 12).Select(c => $"class_{c:00}"));

    public static string Path(string name) => System.IO.Path.Combine(AppContext.BaseDirectory, "golden", name);

    public static JsonElement Json(string name)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path(name)));
        return document.RootElement.Clone();
    }

    public static double[] Numbers(this JsonElement array) => [.. array.EnumerateArray().Select(number => number.GetDouble())];
}
