using System.Globalization;
using OrleansTagging.Recipe;

namespace OrleansTagging.Grains.Planning;

/// <summary>How fast jobs go: from jobs that a store has, or from a declared figure where it has none alike.</summary>
/// <remarks>
/// A job takes a start, in which its process loads the tensor library, and then a time for each multiplication (<see cref="JobWork"/>);
/// both are fitted to the jobs seen by least squares.
/// </remarks>
internal sealed class JobPace
{
    // A process starts, loads its tensor library and maps the dataset; longer on a GPU, whose context is made.
    private const double StartSeconds = 1.5;
    private const double CudaStartSeconds = 6;

    // Multiplications a second in the sense of JobWork: of one core of a server with AVX-512, and of one data-centre GPU.
    private const double CpuThread = 8e9;
    private const double Cuda = 5e12;

    // Where all jobs seen were short, the slope that fits them best may be next to nothing; no machine is that much faster.
    private const double Fastest = 4;

    private readonly Dictionary<string, List<(double Work, double Seconds)>> _seen = new(StringComparer.Ordinal);

    /// <summary>Takes a job that ran.</summary>
    public void Add(JobDocument document, double work, double seconds)
    {
        foreach (var kind in new[] { KindOf(document), DeviceOf(document) })
        {
            if (!_seen.TryGetValue(kind, out var seen))
            {
                _seen.Add(kind, seen = []);
            }
            seen.Add((work, seconds));
        }
    }

    /// <summary>Seconds of a job, and what they are taken from.</summary>
    public (double Seconds, string Source) Estimate(JobDocument document, double work)
    {
        var declared = 1 / (document.Device == "cuda" ? Cuda : CpuThread * document.Threads);
        foreach (var kind in new[] { KindOf(document), DeviceOf(document) })
        {
            if (_seen.TryGetValue(kind, out var seen))
            {
                var (start, perWork) = Fit(seen, declared / Fastest);
                var like = kind == KindOf(document) ? "like jobs" : "other jobs on the same device";
                return (start + perWork * work,
                    string.Create(CultureInfo.InvariantCulture, $"the times of {seen.Count} {like} in the store"));
            }
        }
        return ((document.Device == "cuda" ? CudaStartSeconds : StartSeconds) + declared * work,
            "a declared pace, since the store has no job alike (it may be off by a factor of three)");
    }

    private static (double Start, double PerWork) Fit(List<(double Work, double Seconds)> seen, double least)
    {
        var (meanWork, meanSeconds) = (seen.Average(job => job.Work), seen.Average(job => job.Seconds));
        var variance = seen.Sum(job => (job.Work - meanWork) * (job.Work - meanWork));
        var slope = variance == 0
            ? meanSeconds / Math.Max(1, meanWork)
            : seen.Sum(job => (job.Work - meanWork) * (job.Seconds - meanSeconds)) / variance;
        var perWork = Math.Clamp(slope, least, Math.Max(least, meanSeconds / Math.Max(1, meanWork)));
        return (Math.Max(0, meanSeconds - perWork * meanWork), perWork);
    }

    private static string KindOf(JobDocument document)
    {
        var (network, does) = (document.Model.Network, document.Train is null ? "predict" : "train");
        return $"{DeviceOf(document)} {does} {network.Type} {network.AggregationType}";
    }

    private static string DeviceOf(JobDocument document) =>
        string.Create(CultureInfo.InvariantCulture, $"{document.Device} {document.Threads}");
}
