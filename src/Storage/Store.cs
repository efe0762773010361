using System.Globalization;
using Azure.Data.Tables;
using Azure.Identity;
using Azure.Storage.Blobs;

namespace OrleansTagging.Storage;

/// <summary>
/// Where an installation keeps everything: its artifacts, its grains' states and the checkpoints of its jobs, in one folder or in one container of Azure Blob Storage.
/// </summary>
public sealed record Store
{
    private const string AzureScheme = "azure:";
    private const string ConnectionVariable = "AZURE_STORAGE_CONNECTION_STRING";
    private const string AccountVariable = "AZURE_STORAGE_ACCOUNT";
    private const string CacheVariable = "TAGGING_CACHE";
    private const string CacheSizeVariable = "TAGGING_CACHE_SIZE";
    private const Environment.SpecialFolder ApplicationData = Environment.SpecialFolder.LocalApplicationData;
    private const string Forms = "a folder, azure:CONTAINER or https://ACCOUNT.blob.core.windows.net/CONTAINER";

    /// <summary>The location as it was given, without a signature.</summary>
    public required string Location { get; init; }

    /// <summary>The artifacts.</summary>
    public required IArtifactStore Artifacts { get; init; }

    /// <summary>The states.</summary>
    public required IStateStore State { get; init; }

    /// <summary>The checkpoints of jobs at work.</summary>
    public required ICheckpointStore Checkpoints { get; init; }

    /// <summary>The local folder of the store: the store itself (<see cref="IsFolder"/>), or the cache of a container.</summary>
    public required string Root { get; init; }

    /// <summary>What keeps the store from working just now, as far as this process has met it.</summary>
    public StoreHealth Health { get; init; } = new();

    /// <summary>
    /// The tables of the container's account, in which a cluster keeps its members and reminders; <c>null</c> for a folder, and for a container
    /// that is reached by a signature (SAS).
    /// </summary>
    public TableServiceClient? Tables { get; init; }

    /// <summary>Whether the store is a folder, which one host at a time may use (<see cref="StoreLock"/>).</summary>
    public required bool IsFolder { get; init; }

    /// <summary>
    /// A local folder for work in progress (a dataset being packed). It lies in the file system of the local
    /// artifacts, so that <see cref="IArtifactStore.MoveFileAsync"/> from here copies nothing. Who writes here cleans up here.
    /// </summary>
    public string Scratch => Path.Combine(Root, "scratch");

    /// <summary>
    /// Opens a store. The location is one of
    /// <list type="bullet">
    /// <item>a folder, which is created;</item>
    /// <item><c>azure:container</c> or <c>azure:container/prefix</c>: a container in the account that
    /// <c>AZURE_STORAGE_CONNECTION_STRING</c> gives, or, as the identity of this process, in the account named by
    /// <c>AZURE_STORAGE_ACCOUNT</c>;</item>
    /// <item><c>https://account.blob.core.windows.net/container</c>, with or without <c>/prefix</c>: as the identity of this process, or
    /// by the signature (SAS) in its query.</item>
    /// </list>
    /// "The identity of this process" is what <see cref="DefaultAzureCredential"/> finds: a managed identity, environment variables, a
    /// developer's login. Local copies of a container's artifacts go below <c>$TAGGING_CACHE</c>, by default the user's folder for
    /// application data, and take up to <c>$TAGGING_CACHE_SIZE</c> (<c>500M</c>, <c>20G</c>, <c>1T</c>; by default 50G) there. The
    /// container is created when it is first needed; opening talks to nobody.
    /// </summary>
    /// <param name="location">The location.</param>
    /// <param name="connection">Connection string of the account; by default <c>$AZURE_STORAGE_CONNECTION_STRING</c>.</param>
    /// <param name="caches">Where local copies go; by default <c>$TAGGING_CACHE</c>.</param>
    /// <exception cref="StoreLocationException">The location, or the environment it relies on, cannot be used.</exception>
    public static Store Open(string location, string? connection = null, string? caches = null)
    {
        connection ??= Environment.GetEnvironmentVariable(ConnectionVariable);
        if (string.IsNullOrWhiteSpace(location))
        {
            throw new StoreLocationException($"No store is named: give {Forms}.");
        }
        if (location.StartsWith(AzureScheme, StringComparison.OrdinalIgnoreCase))
        {
            var (name, prefix) = SplitPath(location, location[AzureScheme.Length..]);
            var health = new StoreHealth();
            return OpenContainer(
                location, Container(location, name, connection, Options(location, health)), TablesOf(connection), prefix, caches, health);
        }
        if (location.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
        {
            return OpenUri(location, caches);
        }
        if (location.Contains("://"))
        {
            throw new StoreLocationException($"'{location}' is no store: give {Forms}.");
        }
        return OpenFolder(location);
    }

    private static Store OpenFolder(string location)
    {
        var root = Path.GetFullPath(location);
        var health = new StoreHealth();
        try
        {
            return Create(new Store
            {
                Location = location,
                Root = root,
                IsFolder = true,
                Health = health,
                Artifacts = new FolderArtifactStore(root, health),
                State = new FolderStateStore(root, health),
                Checkpoints = new FolderCheckpointStore(root),
            });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreLocationException($"The store {root} cannot be opened: {e.Message} Choose a folder that can be written.", e);
        }
    }

    private static Store OpenUri(string location, string? caches)
    {
        if (!Uri.TryCreate(location, UriKind.Absolute, out var uri))
        {
            throw new StoreLocationException($"'{location}' is not a well-formed address of a container.");
        }
        var address = uri.GetLeftPart(UriPartial.Path);
        var (name, prefix) = SplitPath(address, uri.AbsolutePath);
        var containerUri = new UriBuilder(uri) { Path = name }.Uri;
        var signed = uri.Query.Contains("sig=", StringComparison.Ordinal);
        var health = new StoreHealth();
        var options = Options(address, health);
        var container = signed
            ? new BlobContainerClient(containerUri, options)
            : new BlobContainerClient(containerUri, new DefaultAzureCredential(), options);
        return OpenContainer(address, container, signed ? null : TablesBeside(uri), prefix, caches, health);
    }

    private static BlobContainerClient Container(string location, string name, string? connection, BlobClientOptions options)
    {
        if (connection is { Length: > 0 })
        {
            try
            {
                return new BlobContainerClient(connection, name, options);
            }
            catch (FormatException e)
            {
                throw new StoreLocationException($"{ConnectionVariable} is no connection string of a storage account: {e.Message}", e);
            }
        }
        if (Environment.GetEnvironmentVariable(AccountVariable) is { Length: > 0 } account)
        {
            var address = new Uri($"https://{account}.blob.core.windows.net/{name}");
            return new BlobContainerClient(address, new DefaultAzureCredential(), options);
        }
        throw new StoreLocationException($"'{location}' names no account: set {ConnectionVariable} or {AccountVariable}.");
    }

    /// <summary>The tables of the account that <see cref="Container"/> uses.</summary>
    private static TableServiceClient? TablesOf(string? connection)
    {
        if (connection is not { Length: > 0 })
        {
            return TablesBeside(new Uri($"https://{Environment.GetEnvironmentVariable(AccountVariable)}.blob.core.windows.net"));
        }
        try
        {
            return new TableServiceClient(connection, TableOptions());
        }
        catch (Exception e) when (e is FormatException or InvalidOperationException or ArgumentException)
        {
            // A connection string may name the blobs alone; a store needs no more.
            return null;
        }
    }

    private static TableServiceClient? TablesBeside(Uri blobs) => blobs.Host.Split('.', 3) is [var account, "blob", var suffix]
        ? new TableServiceClient(new Uri($"https://{account}.table.{suffix}"), new DefaultAzureCredential(), TableOptions())
        : null;

    private static Store OpenContainer(
        string location, BlobContainerClient container, TableServiceClient? tables, string prefix, string? caches, StoreHealth health)
    {
        caches ??= Environment.GetEnvironmentVariable(CacheVariable) is { Length: > 0 } chosen
            ? chosen
            : Path.Combine(Environment.GetFolderPath(ApplicationData, Environment.SpecialFolderOption.DoNotVerify), "orleans-tagging");
        // Artifacts are the same whoever stored them, so that stores of one container may share a cache whatever their prefix.
        var root = Path.GetFullPath(Path.Combine(caches, $"{container.AccountName}-{container.Name}"));
        try
        {
            return Create(new Store
            {
                Location = location,
                Root = root,
                IsFolder = false,
                Tables = tables,
                Health = health,
                Artifacts = new BlobArtifactStore(container, prefix, root, new ArtifactCache(root, CacheBytes(), health)),
                State = new BlobStateStore(container, prefix),
                Checkpoints = new BlobCheckpointStore(container, prefix),
            });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreLocationException(
                $"The cache {root} cannot be opened: {e.Message} Set {CacheVariable} to a folder that can be written.", e);
        }
    }

    private static long CacheBytes()
    {
        if (Environment.GetEnvironmentVariable(CacheSizeVariable) is not { Length: > 0 } text)
        {
            return ArtifactCache.UsualBytes;
        }
        var shift = "KMGT".IndexOf(char.ToUpperInvariant(text[^1])) is >= 0 and var unit ? 10 * (unit + 1) : 0;
        var digits = shift > 0 ? text.AsSpan(0, text.Length - 1) : text;
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && count > 0 && count <= long.MaxValue >> shift
            ? count << shift
            : throw new StoreLocationException(
                $"{CacheSizeVariable} is '{text}', which is no size; write a number of bytes, or 500M, 20G, 1T.");
    }

    private static Store Create(Store store)
    {
        DurableFolder.Create(store.Scratch);
        return store;
    }

    private static (string Container, string Prefix) SplitPath(string location, string path)
    {
        var parts = path.Trim('/').Split('/', 2);
        // The service's rule for container names; told here, where the location can be named.
        if (parts[0].Length is < 3 or > 63 || parts[0].AsSpan().ContainsAnyExcept("abcdefghijklmnopqrstuvwxyz0123456789-"))
        {
            throw new StoreLocationException($"'{location}' names no container: 3 to 63 lower-case letters, digits and hyphens.");
        }
        return (parts[0], parts.Length == 1 ? "" : parts[1] + "/");
    }

    // What a cluster asks of its tables is small, and a silo that waits long for an answer misses that another died.
    private static TableClientOptions TableOptions()
    {
        var options = new TableClientOptions();
        options.Retry.NetworkTimeout = TimeSpan.FromSeconds(10);
        return options;
    }

    private static BlobClientOptions Options(string location, StoreHealth health)
    {
        var options = new BlobClientOptions();
        options.AddPolicy(new HealthPolicy(location, health), Azure.Core.HttpPipelinePosition.PerRetry);
        options.Retry.MaxRetries = 6;
        options.Retry.Delay = TimeSpan.FromSeconds(0.5);
        options.Retry.MaxDelay = TimeSpan.FromSeconds(30);
        options.Retry.NetworkTimeout = TimeSpan.FromSeconds(60); // for a request of at most a block, not for a whole artifact
        return options;
    }
}
