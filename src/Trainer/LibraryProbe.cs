using System.Diagnostics;
using System.Text.Json;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace OrleansTagging.Trainer;

/// <summary>What the tensor library of this machine is and how fast, in a second.</summary>
internal static class LibraryProbe
{
    private const int Side = 768;
    private const int Repeats = 8;

    // What TorchSharp's native library was linked against; eng/build/WeakVersionNeed.cs makes it load without.
    private static readonly byte[] s_version = "GLIBCXX_3.4.32\0"u8.ToArray();

    /// <summary>Writes a JSON object: threads, GFLOPS of a matrix product and of a convolution, CUDA devices, and whether libstdc++ has the
    /// version that TorchSharp asks for (<c>null</c> where that cannot be told).</summary>
    public static void Write(TextWriter output)
    {
        var product = Product();
        var convolution = Convolution();
        output.WriteLine(JsonSerializer.Serialize(
            new
            {
                Threads = get_num_threads(),
                ProductGflops = Math.Round(product, 1),
                ConvolutionGflops = Math.Round(convolution, 1),
                CudaDevices = cuda.is_available() ? cuda.device_count() : 0,
                HasCxxVersion = HasCxxVersion(),
            },
            JsonSerializerOptions.Web));
    }

    private static double Product()
    {
        using var left = rand(Side, Side);
        using var right = rand(Side, Side);
        return Gflops(2.0 * Side * Side * Side, () => left.matmul(right).Dispose());
    }

    // The size of the demo's second block.
    private static double Convolution()
    {
        const int batch = 16, channels = 32, bands = 64, frames = 128;
        using var images = rand(batch, channels, bands, frames);
        using var kernels = rand(channels, channels, 3, 3);
        long[] padding = [1, 1];
        return Gflops(
            2.0 * batch * channels * channels * 9 * bands * frames,
            () => F.conv2d(images, kernels, padding: padding).Dispose());
    }

    private static double Gflops(double operations, Action once)
    {
        once();
        var best = double.PositiveInfinity;
        for (var repeat = 0; repeat < Repeats; repeat++)
        {
            var watch = Stopwatch.StartNew();
            once();
            best = Math.Min(best, watch.Elapsed.TotalSeconds);
        }
        return operations / best / 1e9;
    }

    private static bool? HasCxxVersion()
    {
        if (!File.Exists("/proc/self/maps"))
        {
            return null;
        }
        var library = File.ReadLines("/proc/self/maps").Select(line => line.Split(' ')[^1])
            .FirstOrDefault(path => Path.GetFileName(path).StartsWith("libstdc++", StringComparison.Ordinal));
        return library is null ? null : File.ReadAllBytes(library).AsSpan().IndexOf(s_version) >= 0;
    }
}
