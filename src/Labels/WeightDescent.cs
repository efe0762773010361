using System.Runtime.Intrinsics;

namespace OrleansTagging.Labels;

/// <summary>
/// Weights of an ensemble's members on the simplex that rank the given labels high. lwlrap itself is constant almost everywhere, so that
/// a smooth stand-in is minimised: the LSEP loss (Li, Song and Luo, "Improving pairwise ranking for multi-label image classification",
/// CVPR 2017) of the blend's log-odds times a slope, each clip counting as often as it has labels, as in lwlrap. The slope is found along
/// with the weights: without it the loss prefers members that are spread widely to members that rank well. What is found is kept only
/// where its lwlrap is higher than the plain mean's.
/// </summary>
/// <remarks>
/// Exponentiated gradient (Kivinen and Warmuth, "Exponentiated gradient versus gradient descent for linear predictors", Information and
/// Computation 132, 1997) from even weights, over all clips at once, each step shortened until the loss falls: no random numbers, and a
/// few dozen steps. Scores that are not all over [0, 1] are taken for log-odds themselves.
/// </remarks>
internal static class WeightDescent
{
    private const int Steps = 100;
    private const int Halvings = 30;

    // The relative fall of the loss at which no weight moves by an amount that matters.
    private const double Enough = 1e-6;

    // A member with less says nothing in the blend, and the descent never reaches 0 by itself.
    private const double LeastWeight = 1e-3;

    // Odds of a million to one: further out, log-odds would be all that the loss looks at.
    private const double LeastProbability = 1e-6;

    // exp(300) squared is still a number.
    private const double LargestExponent = 300;

    // The slope moves by no more than a factor of e at first, and stays within a factor of e⁴ of 1.
    private const double LargestSlope = 4;

    /// <summary>Finds the weights, <c>[members]</c>.</summary>
    public static double[] Find(BlendedClips clips, CancellationToken cancellation)
    {
        var members = clips.Members.Count;
        var even = Enumerable.Repeat(1.0 / members, members).ToArray();
        if (members == 1)
        {
            return even;
        }
        var fitted = Descend(clips, even, cancellation);
        return clips.Precisions(fitted) > clips.Precisions(even) ? fitted : even;
    }

    private static double[] Descend(BlendedClips clips, double[] even, CancellationToken cancellation)
    {
        var loss = new BlendLoss(clips);
        // The last of the numbers is the logarithm of the slope.
        double[] point = [.. even, 0];
        var gradient = new double[point.Length];
        var (triedPoint, triedGradient) = (new double[point.Length], new double[point.Length]);
        var value = loss.Of(point, gradient);
        var rate = 1 / Math.Max(1e-12, gradient[..^1].Max() - gradient[..^1].Min());
        var slopeRate = 1 / Math.Max(1e-12, Math.Abs(gradient[^1]));
        for (var step = 0; step < Steps; step++)
        {
            var before = value;
            for (var halving = 0; halving < Halvings; halving++)
            {
                cancellation.ThrowIfCancellationRequested();
                Step(point, gradient, rate, slopeRate, triedPoint);
                var tried = loss.Of(triedPoint, triedGradient);
                if (tried < value)
                {
                    value = tried;
                    (point, triedPoint) = (triedPoint, point);
                    (gradient, triedGradient) = (triedGradient, gradient);
                    rate *= 2;
                    slopeRate *= 2;
                    break;
                }
                rate /= 2;
                slopeRate /= 2;
            }
            if (before - value <= Enough * before)
            {
                break;
            }
        }
        var kept = Array.ConvertAll(point[..^1], weight => weight < LeastWeight ? 0 : weight);
        var sum = kept.Sum();
        return Array.ConvertAll(kept, weight => weight / sum);
    }

    private static void Step(double[] point, double[] gradient, double rate, double slopeRate, double[] next)
    {
        var members = point.Length - 1;
        var least = gradient.AsSpan(0, members)[0];
        foreach (var derivative in gradient.AsSpan(0, members))
        {
            least = Math.Min(least, derivative);
        }
        var sum = 0.0;
        for (var member = 0; member < members; member++)
        {
            next[member] = point[member] * Math.Exp(-rate * (gradient[member] - least));
            sum += next[member];
        }
        for (var member = 0; member < members; member++)
        {
            next[member] /= sum;
        }
        next[members] = Math.Clamp(point[members] - slopeRate * gradient[members], -LargestSlope, LargestSlope);
    }

    /// <summary>The loss of a blend and its gradient with respect to the weights and the logarithm of the slope.</summary>
    private sealed class BlendLoss(BlendedClips clips)
    {
        private readonly bool _probabilities =
            clips.Members.All(scores => Array.TrueForAll(scores, score => score is >= 0 and <= 1));

        private readonly double[] _blend = new double[clips.Classes];
        private readonly double[] _logOdds = new double[clips.Classes];
        private readonly double[] _exponentials = new double[clips.Classes];
        private readonly bool[] _given = new bool[clips.Classes];

        public double Of(double[] point, double[] gradient)
        {
            Array.Clear(gradient);
            var members = point.Length - 1;
            var slope = Math.Exp(point[members]);
            var total = 0.0;
            foreach (var clip in clips.Clips)
            {
                clips.BlendRow(point.AsSpan(0, members), clip, _blend);
                var labels = clips.LabelsOf(clip);
                var (loss, perSlope) = OfRow(labels, slope);
                total += labels.Length * loss;
                gradient[members] += labels.Length * perSlope;
                for (var member = 0; member < members; member++)
                {
                    gradient[member] += labels.Length * Dot(_blend, clips.Row(member, clip));
                }
            }
            foreach (ref var derivative in gradient.AsSpan())
            {
                derivative /= clips.LabelCount;
            }
            return total / clips.LabelCount;
        }

        /// <summary>
        /// The loss of the clip in <see cref="_blend"/>, ln(1 + Σ exp(s_other − s_given)) over all pairs, where s is the slope times the
        /// log-odds, and its derivative with respect to the slope's logarithm. The derivatives with respect to the blended scores take the
        /// scores' place.
        /// </summary>
        private (double Loss, double PerSlope) OfRow(int[] labels, double slope)
        {
            foreach (var label in labels)
            {
                _given[label] = true;
            }
            // The sum over pairs is a product of two sums; both are taken from the highest score, which cancels out.
            var highest = LogOdds(_blend.Max());
            var (others, given) = (0.0, 0.0);
            for (var label = 0; label < _blend.Length; label++)
            {
                _logOdds[label] = LogOdds(_blend[label]) - highest;
                var exponential = Math.Exp(Math.Max(slope * _logOdds[label], -LargestExponent));
                _exponentials[label] = exponential;
                if (_given[label])
                {
                    given += 1 / exponential;
                }
                else
                {
                    others += exponential;
                }
            }
            var pairs = others * given;
            var perSlope = 0.0;
            for (var label = 0; label < _blend.Length; label++)
            {
                var exponential = _exponentials[label];
                var rise = (_given[label] ? -others / exponential : given * exponential) / (1 + pairs);
                perSlope += rise * slope * _logOdds[label];
                _blend[label] = rise * slope * LogOddsPerScore(_blend[label]);
            }
            foreach (var label in labels)
            {
                _given[label] = false;
            }
            return (double.LogP1(pairs), perSlope);
        }

        private double LogOdds(double score)
        {
            if (!_probabilities)
            {
                return score;
            }
            var probability = Math.Clamp(score, LeastProbability, 1 - LeastProbability);
            return Math.Log(probability / (1 - probability));
        }

        private double LogOddsPerScore(double score)
        {
            if (!_probabilities)
            {
                return 1;
            }
            var probability = Math.Clamp(score, LeastProbability, 1 - LeastProbability);
            return 1 / (probability * (1 - probability));
        }

        private static double Dot(ReadOnlySpan<double> one, ReadOnlySpan<double> other)
        {
            // Added in one order whatever the width of the machine's vectors would be, for the same bytes everywhere.
            var sums = Vector256<double>.Zero;
            var at = 0;
            for (; at <= one.Length - Vector256<double>.Count; at += Vector256<double>.Count)
            {
                sums += Vector256.Create(one[at..]) * Vector256.Create(other[at..]);
            }
            var sum = Vector256.Sum(sums);
            for (; at < one.Length; at++)
            {
                sum += one[at] * other[at];
            }
            return sum;
        }
    }
}
