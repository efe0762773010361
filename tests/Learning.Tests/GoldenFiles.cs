using System.Text.Json;
using OrleansTagging.Labels;

namespace OrleansTagging.Learning.Tests;

/// <summary>The reference figures beside the tests.</summary>
internal static class GoldenFiles
{
    public static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, "golden", name);

    public static NpyArray<float> Array(string name) => NpyFile.Read<float>(PathOf(name));

    public static JsonElement Json(string name) => JsonDocument.Parse(File.ReadAllText(PathOf(name))).RootElement;

    public static double[][] Rows(JsonElement element) =>
        [.. element.EnumerateArray().Select(row => row.EnumerateArray().Select(value => value.GetDouble()).ToArray())];
}
