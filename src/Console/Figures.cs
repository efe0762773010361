using System.Globalization;

namespace OrleansTagging.Commands;

/// <summary>Figures as text, the same in every table and in every country.</summary>
internal static class Figures
{
    /// <summary>Stands where there is no figure.</summary>
    public const string Absent = "-";

    private static readonly string[] Units = ["B", "kB", "MB", "GB", "TB", "PB"];

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

    public static string Bytes(long bytes)
    {
        var (size, unit) = ((double)bytes, 0);
        while (size >= 999.5 && unit < Units.Length - 1)
        {
            (size, unit) = (size / 1000, unit + 1);
        }
        return string.Create(CultureInfo.InvariantCulture, $"{(unit == 0 || size >= 99.95 ? $"{size:0}" : $"{size:0.0}")} {Units[unit]}");
    }

    public static string Duration(TimeSpan time) => time.TotalHours >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}")
        : string.Create(CultureInfo.InvariantCulture, $"{time.Minutes}:{time.Seconds:00}");
}
