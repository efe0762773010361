using System.Diagnostics;
using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;

namespace OrleansTagging.Rules.Tests;

/// <summary>
/// Random sequences of operations. A failure names the shortest sequence found that fails, and its seed: <c>RULES_SEED=1,3,0</c> replays
/// that one. <c>RULES_SEQUENCES=100000</c> runs so many of each kind.
/// </summary>
internal static class Sequences
{
    private const int Longest = 50;

    /// <summary>Runs sequences of operations; <paramref name="holds"/> throws where an invariant is broken.</summary>
    public static void Hold<T>(Gen<T> operation, int sequences, Action<T[]> holds, ITestOutputHelper output)
    {
        var gen = Gen.Choose(1, Longest).SelectMany(length => operation.ArrayOf(length));
        var config = Config.QuickThrowOnFailure.WithMaxTest(Number("RULES_SEQUENCES") ?? sequences);
        if (Environment.GetEnvironmentVariable("RULES_SEED") is { Length: > 0 } seed)
        {
            var numbers = seed.Split(',').Select(part => ulong.Parse(part, CultureInfo.InvariantCulture)).ToArray();
            config = config.WithMaxTest(1).WithReplay(FSharpOption<Replay>.Some(
                new Replay(new Rnd(numbers[0], numbers[1]), FSharpOption<int>.Some((int)numbers[2]))));
        }
        var (run, began) = (0, Stopwatch.GetTimestamp());
        try
        {
            Prop.ForAll(Arb.From(gen, Shorter), happened =>
            {
                run++;
                holds(happened);
            }).Check(config);
        }
        catch (Exception fault)
        {
            // FsCheck's message has the seed, the sequence and the broken invariant.
            Assert.Fail($"{fault.Message}\nReplay it: RULES_SEED=(the three numbers of 'Replay directly').");
        }
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{run} sequences in {seconds:0.0} s, {run / seconds:0} a second"));
    }

    /// <summary>Sequences without a stretch of this one, the longest stretch first.</summary>
    private static IEnumerable<T[]> Shorter<T>(T[] operations)
    {
        for (var stretch = operations.Length / 2; stretch > 0; stretch /= 2)
        {
            for (var at = 0; at + stretch <= operations.Length; at += stretch)
            {
                yield return [.. operations[..at], .. operations[(at + stretch)..]];
            }
        }
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : null;
}
