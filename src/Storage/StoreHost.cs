using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace OrleansTagging.Storage;

/// <summary>
/// Where a process that hosts the grains of a folder store is reached: <c>root/host-&lt;process&gt;.json</c>, beside the lock
/// (<see cref="StoreLock"/>). It is there while the process answers; what a killed one left behind is passed over.
/// </summary>
public sealed record StoreHost
{
    private const string Pattern = "host-*.json";

    /// <summary>Its process id.</summary>
    public required int Process { get; init; }

    /// <summary>Its gateway for clients, <c>127.0.0.1:30000</c>.</summary>
    public required string Gateway { get; init; }

    /// <summary>The cluster that clients must name.</summary>
    public required string ClusterId { get; init; }

    /// <summary>The service that clients must name.</summary>
    public required string ServiceId { get; init; }

    /// <summary>Where it answers HTTP; <c>null</c> where it does not.</summary>
    public string? Http { get; init; }

    /// <summary>Tells others of this process.</summary>
    /// <param name="root">The store's folder.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Write(string root)
    {
        using var file = TemporaryFile.Create(root);
        file.Content.Write(JsonSerializer.SerializeToUtf8Bytes(this, JsonSerializerOptions.Web));
        file.Publish(PathOf(root, Process), readOnly: false);
    }

    /// <summary>Tells others that this process no longer answers.</summary>
    /// <param name="root">The store's folder.</param>
    /// <param name="process">The process.</param>
    public static void Remove(string root, int process) => File.Delete(PathOf(root, process));

    /// <summary>The hosts of a store whose process is alive, the latest first.</summary>
    /// <param name="root">The store's folder.</param>
    public static StoreHost[] Living(string root)
    {
        if (!Directory.Exists(root))
        {
            return [];
        }
        return [.. new DirectoryInfo(root).EnumerateFiles(Pattern)
            .OrderByDescending(file => file.LastWriteTimeUtc)
            .Select(file => TryRead(file.FullName))
            .OfType<StoreHost>()
            .Where(host => IsAlive(host.Process))];
    }

    private static string PathOf(string root, int process) =>
        Path.Combine(root, string.Create(CultureInfo.InvariantCulture, $"host-{process}.json"));

    private static StoreHost? TryRead(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<StoreHost>(File.ReadAllBytes(path), JsonSerializerOptions.Web);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or JsonException)
        {
            // It went away just now, or is none.
            return null;
        }
    }

    private static bool IsAlive(int process)
    {
        try
        {
            using var found = System.Diagnostics.Process.GetProcessById(process);
            return !found.HasExited;
        }
        catch (Exception fault) when (fault is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
