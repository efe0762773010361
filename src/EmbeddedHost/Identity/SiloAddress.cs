using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Orleans.Runtime;

/// <summary>The address of a silo: its end point and its generation (each start of a silo has its own), as in Orleans.</summary>
[Immutable]
[GenerateSerializer]
[JsonConverter(typeof(SiloAddressConverter))]
public sealed class SiloAddress : IEquatable<SiloAddress>, IComparable<SiloAddress>
{
    private static int _lastGeneration;

    private SiloAddress(IPEndPoint endpoint, int generation)
    {
        Endpoint = endpoint;
        Generation = generation;
    }

    /// <summary>The end point.</summary>
    [Id(0)]
    public IPEndPoint Endpoint { get; }

    /// <summary>Tells this start of the silo from earlier ones.</summary>
    [Id(1)]
    public int Generation { get; }

    /// <summary>The address of nothing.</summary>
    public static SiloAddress Zero { get; } = new(new IPEndPoint(0, 0), 0);

    /// <summary>An address.</summary>
    public static SiloAddress New(IPEndPoint ep, int gen) => new(ep, gen);

    /// <summary>An address.</summary>
    public static SiloAddress New(IPAddress address, int port, int generation) => new(new IPEndPoint(address, port), generation);

    /// <summary>A generation later than all before it.</summary>
    public static int AllocateNewGeneration() => Interlocked.Increment(ref _lastGeneration);

    /// <summary>Reads <c>address:port@generation</c>.</summary>
    public static SiloAddress FromParsableString(string addr)
    {
        var at = addr.LastIndexOf('@');
        return at > 0
            && IPEndPoint.TryParse(addr[..at], out var endpoint)
            && int.TryParse(addr[(at + 1)..], CultureInfo.InvariantCulture, out var generation)
                ? new SiloAddress(endpoint, generation)
                : throw new FormatException($"Invalid SiloAddress string \"{addr}\"");
    }

    /// <summary>Writes <c>address:port@generation</c>.</summary>
    public string ToParsableString() => string.Create(CultureInfo.InvariantCulture, $"{Endpoint}@{Generation}");

    /// <inheritdoc/>
    public bool Equals(SiloAddress? other) => other is not null && Generation == other.Generation && Endpoint.Equals(other.Endpoint);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as SiloAddress);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Endpoint, Generation);

    /// <summary>A hash that is the same in every process.</summary>
    public int GetConsistentHashCode() => (int)StableHash.ComputeHash(ToParsableString());

    /// <inheritdoc/>
    public int CompareTo(SiloAddress? other)
    {
        if (other is null)
        {
            return 1;
        }

        var order = Generation.CompareTo(other.Generation);
        return order != 0 ? order : string.CompareOrdinal(Endpoint.ToString(), other.Endpoint.ToString());
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"S{Endpoint}:{Generation}");
}

/// <summary>Reads and writes a <see cref="SiloAddress"/> as the text <c>address:port@generation</c>.</summary>
public sealed class SiloAddressConverter : JsonConverter<SiloAddress>
{
    /// <inheritdoc/>
    public override SiloAddress Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        SiloAddress.FromParsableString(reader.GetString() ?? "");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, SiloAddress value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToParsableString());
}

/// <summary>What a silo is about, as in Orleans.</summary>
public enum SiloStatus
{
    /// <summary>Nothing known.</summary>
    None = 0,

    /// <summary>Made.</summary>
    Created = 1,

    /// <summary>About to join.</summary>
    Joining = 2,

    /// <summary>Serving.</summary>
    Active = 3,

    /// <summary>Stopping in order.</summary>
    ShuttingDown = 4,

    /// <summary>Stopping at once.</summary>
    Stopping = 5,

    /// <summary>Gone.</summary>
    Dead = 6,
}

/// <summary>What a silo knows about itself, as in Orleans.</summary>
public interface ILocalSiloDetails
{
    /// <summary>Its name.</summary>
    string Name { get; }

    /// <summary>Its cluster.</summary>
    string ClusterId { get; }

    /// <summary>Its host name.</summary>
    string DnsHostName { get; }

    /// <summary>Its address.</summary>
    SiloAddress SiloAddress { get; }

    /// <summary>The address for clients.</summary>
    SiloAddress GatewayAddress { get; }
}
