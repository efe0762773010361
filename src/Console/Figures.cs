using System.Globalization;

namespace OrleansTagging.Commands;

/// <summary>Figures as text, the same in every table and in every country.</summary>
internal static class Figures
{
    /// <summary>Stands where there is no figure.</summary>
    public const string Absent = "-";

    public static string Text(string? text) => text ?? Absent;

    public static string Count(long count) => count.ToString(CultureInfo.InvariantCulture);

    public static string Lwlrap(double? value) => value?.ToString("0.0000", CultureInfo.InvariantCulture) ?? Absent;

    /// <summary>A difference of lwlrap with its sign, and how far it may be off.</summary>
    public static string Difference(double? value, double? margin = null) => value is { } difference
        ? string.Create(CultureInfo.InvariantCulture, $"{difference:+0.0000;-0.0000}{(margin is { } off ? $" ± {off:0.0000}" : "")}")
        : Absent;

    public static string Share(double? value) =>
        value is { } share ? (100 * share).ToString("0.0", CultureInfo.InvariantCulture) + " %" : Absent;

    public static string Hours(double hours) => hours.ToString("0.00", CultureInfo.InvariantCulture);

    public static string Duration(TimeSpan time) => time.TotalHours >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}")
        : string.Create(CultureInfo.InvariantCulture, $"{time.Minutes}:{time.Seconds:00}");
}
