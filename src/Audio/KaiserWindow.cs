namespace OrleansTagging.Audio;

/// <summary>The window of Kaiser (1974) and the sinc that it bounds.</summary>
internal static class KaiserWindow
{
    /// <summary>The window at <paramref name="place"/>, -1 to 1, not normalised; nought beyond.</summary>
    public static double At(double place, double beta)
    {
        var inside = 1 - place * place;
        return inside < 0 ? 0 : Bessel(beta * Math.Sqrt(inside));
    }

    /// <summary>sin(πx) / πx.</summary>
    public static double Sinc(double x) => x == 0 ? 1 : Math.Sin(Math.PI * x) / (Math.PI * x);

    /// <summary>The modified Bessel function of the first kind and order zero, by its power series.</summary>
    private static double Bessel(double x)
    {
        var (sum, term) = (1.0, 1.0);
        for (var k = 1; term > 1e-17 * sum; k++)
        {
            term *= x / (2 * k) * (x / (2 * k));
            sum += term;
        }
        return sum;
    }
}
