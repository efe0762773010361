using System.Runtime.Intrinsics;

namespace OrleansTagging.Labels;

/// <summary>
/// Weights of an ensemble's members on the simplex that rank the given labels high. lwlrap itself is constant almost everywhere, so that
/// a smooth stand-in is minimised: the LSEP loss (Li, Song and Luo, "Improving pairwise ranking for multi-label image classification",
/// CVPR 2017) of the blend's log-odds, each clip counting as often as it has labels, as in lwlrap. What is found is kept only where its
/// lwlrap is higher than the plain mean's.
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
        var weights = (double[])even.Clone();
        var gradient = new double[even.Length];
        var (triedWeights, triedGradient) = (new double[even.Length], new double[even.Length]);
        var value = loss.Of(weights, gradient);
        var rate = 1 / Math.Max(1e-12, gradient.Max() - gradient.Min());
        for (var step = 0; step < Steps; step++)
        {
            var before = value;
            for (var halving = 0; halving < Halvings; halving++)
            {
                cancellation.ThrowIfCancellationRequested();
                Step(weights, gradient, rate, triedWeights);
                var tried = loss.Of(triedWeights, triedGradient);
                if (tried < value)
                {
                    value = tried;
                    (weights, triedWeights) = (triedWeights, weights);
                    (gradient, triedGradient) = (triedGradient, gradient);
                    rate *= 2;
                    break;
                }
                rate /= 2;
            }
            if (before - value <= Enough * before)
            {
                break;
            }
        }
        var kept = Array.ConvertAll(weights, weight => weight < LeastWeight ? 0 : weight);
        var sum = kept.Sum();
        return Array.ConvertAll(kept, weight => weight / sum);
    }

    private static void Step(double[] weights, double[] gradient, double rate, double[] next)
    {
        var least = gradient.Min();
        var sum = 0.0;
        for (var member = 0; member < weights.Length; member++)
        {
            next[member] = weights[member] * Math.Exp(-rate * (gradient[member] - least));
            sum += next[member];
        }
        for (var member = 0; member < weights.Length; member++)
        {
            next[member] /= sum;
        }
    }

    /// <summary>The loss of a blend and its gradient with respect to the weights.</summary>
    private sealed class BlendLoss(BlendedClips clips)
    {
        private readonly bool _probabilities =
            clips.Members.All(scores => Array.TrueForAll(scores, score => score is >= 0 and <= 1));

        private readonly double[] _blend = new double[clips.Classes];
        private readonly double[] _rise = new double[clips.Classes];
        private readonly bool[] _given = new bool[clips.Classes];

        public double Of(double[] weights, double[] gradient)
        {
            Array.Clear(gradient);
            var total = 0.0;
            foreach (var clip in clips.Clips)
            {
                clips.BlendRow(weights, clip, _blend);
                var labels = clips.LabelsOf(clip);
                total += labels.Length * OfRow(labels);
                for (var member = 0; member < gradient.Length; member++)
                {
                    gradient[member] += labels.Length * Dot(_rise, clips.Row(member, clip));
                }
            }
            for (var member = 0; member < gradient.Length; member++)
            {
                gradient[member] /= clips.LabelCount;
            }
            return total / clips.LabelCount;
        }

        /// <summary>
        /// The loss of the clip in <see cref="_blend"/>, ln(1 + Σ exp(s_other − s_given)) over all pairs; its derivative with respect to
        /// each blended score is left in <see cref="_rise"/>.
        /// </summary>
        private double OfRow(int[] labels)
        {
            foreach (var label in labels)
            {
                _given[label] = true;
            }
            // The sum over pairs is a product of two sums. For probabilities exp(log-odds) is the odds and needs no exponential.
            var highest = _probabilities ? 0 : _blend.Max();
            var (others, given) = (0.0, 0.0);
            for (var label = 0; label < _blend.Length; label++)
            {
                var odds = Odds(_blend[label], highest);
                _blend[label] = odds;
                if (_given[label])
                {
                    given += 1 / odds;
                }
                else
                {
                    others += odds;
                }
            }
            var pairs = others * given;
            for (var label = 0; label < _blend.Length; label++)
            {
                var odds = _blend[label];
                var perLogOdds = (_given[label] ? -others / odds : given * odds) / (1 + pairs);
                _rise[label] = perLogOdds * LogOddsPerScore(odds);
            }
            foreach (var label in labels)
            {
                _given[label] = false;
            }
            return double.LogP1(pairs);
        }

        private double Odds(double score, double highest)
        {
            if (!_probabilities)
            {
                return Math.Exp(Math.Max(score - highest, -LargestExponent));
            }
            var probability = Math.Clamp(score, LeastProbability, 1 - LeastProbability);
            return probability / (1 - probability);
        }

        /// <summary>d ln(p / (1 − p)) / dp = 1 / (p (1 − p)) = (1 + odds)² / odds.</summary>
        private double LogOddsPerScore(double odds) => _probabilities ? (1 + odds) * (1 + odds) / odds : 1;

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
