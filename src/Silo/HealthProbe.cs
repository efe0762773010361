using System.Net;

namespace OrleansTagging.Silo;

/// <summary>
/// <c>--health</c>: asks the silo of this machine whether it is ready, as the same settings say where it answers. So a container can be
/// checked with what is in it.
/// </summary>
internal static class HealthProbe
{
    /// <summary>The argument that asks for it.</summary>
    public const string Argument = "--health";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    /// <summary>Asks.</summary>
    /// <returns>Exit code 0 where it is ready, else 1; one line either way.</returns>
    public static async Task<int> RunAsync(SiloSettings settings)
    {
        using var http = new HttpClient { Timeout = Patience };
        try
        {
            using var answer = await http.GetAsync(new Uri(AddressOf(settings), "/health/ready"));
            Console.WriteLine(answer.StatusCode == HttpStatusCode.OK ? "ready" : $"not ready: {(int)answer.StatusCode}");
            return answer.StatusCode == HttpStatusCode.OK ? 0 : 1;
        }
        catch (Exception fault) when (fault is HttpRequestException or TaskCanceledException)
        {
            Console.WriteLine($"no answer: {fault.Message.ReplaceLineEndings(" ")}");
            return 1;
        }
    }

    // An address that stands for all of the machine's is reached at the loopback one.
    private static Uri AddressOf(SiloSettings settings)
    {
        var bound = HttpProtection.AddressesOf(settings).Select(HttpProtection.TryParse).OfType<BindingAddress>().First();
        var host = HttpProtection.IsLoopback(bound.Host) || (IPAddress.TryParse(bound.Host.Trim('[', ']'), out var literal)
            && !literal.Equals(IPAddress.Any) && !literal.Equals(IPAddress.IPv6Any)) ? bound.Host : "localhost";
        return new UriBuilder(bound.Scheme, host, bound.Port).Uri;
    }
}
