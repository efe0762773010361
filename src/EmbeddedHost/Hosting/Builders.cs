using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Orleans.Hosting;

/// <summary>Sets up a silo, as in Orleans.</summary>
public interface ISiloBuilder
{
    /// <summary>Its services.</summary>
    IServiceCollection Services { get; }

    /// <summary>Its configuration.</summary>
    IConfiguration Configuration { get; }
}

/// <summary>Sets up a client, as in Orleans.</summary>
public interface IClientBuilder
{
    /// <summary>Its services.</summary>
    IServiceCollection Services { get; }

    /// <summary>Its configuration.</summary>
    IConfiguration Configuration { get; }
}
