using FsCheck;
using FsCheck.Fluent;
using OrleansTagging.Audio.Effects;
using OrleansTagging.Labels;

namespace OrleansTagging.Audio.Tests;

public sealed class EffectChainTests
{
    private const int Rate = 16_000;

    private static readonly EffectSettings _everything = new()
    {
        Chance = 0.7,
        Together = false,
        Tempo = new(0.9, 1.1),
        Shuffle = 0.5,
        CutOut = 0.5,
        Reversal = 0.5,
        ChunkSeconds = 0.05,
    };

    [Fact]
    public void Shuffled_chunks_hold_every_sample_once_each_chunk_whole() =>
        Prop.ForAll(Signals.Seed(), seed =>
        {
            var random = SeededRandom.Of(seed);
            var (samples, chunk) = (1 + random.NextInt(3_000), 1 + random.NextInt(800));
            var clip = Enumerable.Range(0, samples).Select(at => (float)at).ToArray();
            new ChunkShuffle().Apply(clip, chunk, ref random);
            Assert.Equal(Enumerable.Range(0, samples).Select(at => (float)at), clip.Order());
            // Where a sample's follower is not the next one, a chunk ends.
            var breaks = Enumerable.Range(1, samples - 1).Count(at => clip[at] != clip[at - 1] + 1);
            Assert.InRange(breaks, 0, Math.Max(0, samples / chunk - 1));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Chunks_come_in_every_order()
    {
        var orders = Enumerable.Range(0, 300).Select(seed =>
        {
            var random = SeededRandom.Of((ulong)seed);
            float[] clip = [1, 2, 3];
            new ChunkShuffle().Apply(clip, 1, ref random);
            return string.Join(' ', clip);
        }).CountBy(order => order).ToArray();
        Assert.Equal(6, orders.Length);
        Assert.All(orders, order => Assert.InRange(order.Value, 30, 70));
    }

    [Fact]
    public void Cut_out_silences_one_stretch_and_leaves_the_rest() =>
        Prop.ForAll(Signals.Clip(), Signals.Seed(), (clip, seed) =>
        {
            var random = SeededRandom.Of(seed);
            var share = random.NextDouble();
            var output = clip.ToArray();
            var (start, length) = CutOut.Apply(output, share, ref random).GetOffsetAndLength(clip.Length);
            Assert.Equal((int)(share * clip.Length), length);
            Assert.False(output.AsSpan(start, length).ContainsAnyExcept(0f));
            Assert.Equal(clip[..start], output[..start]);
            Assert.Equal(clip[(start + length)..], output[(start + length)..]);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Reversal_twice_is_the_clip() =>
        Prop.ForAll(Signals.Clip(), clip =>
        {
            var chain = new EffectChain(Rate);
            var reversal = new ClipEffects { Reversed = true };
            var once = chain.Apply(clip, reversal).ToArray();
            Assert.Equal(clip[0], once[^1]);
            Assert.Equal(clip, chain.Apply(once, reversal).ToArray());
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_same_key_gives_the_same_bytes_from_any_chain_after_any_clip() =>
        Prop.ForAll(Signals.Clip(), Signals.Clip(), Signals.Seed(), (clip, other, seed) =>
        {
            var (chain, used) = (new EffectChain(Rate), new EffectChain(Rate));
            used.Apply(other, other, new Mix(0.5, 0.5), Drawn(seed + 1));
            var expected = chain.Apply(clip, other, new Mix(0.45, 0.3), Drawn(seed)).ToArray();
            Assert.Equal(expected, used.Apply(clip, other, new Mix(0.45, 0.3), Drawn(seed)).ToArray());
            Assert.Equal(Drawn(seed).Length(Math.Max(clip.Length, other.Length)), expected.Length);
            Assert.DoesNotContain(expected, float.IsNaN);
            Assert.DoesNotContain(expected, float.IsInfinity);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Effects_come_with_their_chance_and_within_their_ranges()
    {
        var drawn = Enumerable.Range(0, 4_000).Select(clip => Drawn((ulong)clip, new EffectSettings())).ToArray();
        Assert.Equal(0.75, drawn.Average(effects => effects.Overdrive is null ? 0 : 1), 0.03);
        Assert.All(drawn.Where(effects => effects.None), effects => Assert.Equal(1, effects.Speed));
        foreach (var effects in drawn.Where(effects => !effects.None))
        {
            // Together, and all within.
            Assert.InRange(effects.Reverberance!.Value, 0, 50);
            Assert.InRange(effects.RoomScale, 0, 50);
            Assert.InRange(effects.Cents, -300, 300);
            Assert.InRange(effects.Speed, 0.9, 1.1);
            Assert.InRange(effects.Overdrive!.Value, 2, 10);
            Assert.Equal(1, effects.Tempo);
        }
        var alone = Enumerable.Range(0, 4_000).Select(clip => Drawn((ulong)clip, _everything)).ToArray();
        Assert.Equal(0.7 * 0.7, alone.Average(effects => effects.Tempo != 1 && effects.Cents != 0 ? 1 : 0), 0.03);
        Assert.Equal(0.5, alone.Average(effects => effects.Reversed ? 1 : 0), 0.03);
    }

    [Fact]
    public void An_effect_that_is_switched_off_changes_no_other()
    {
        for (var clip = 0UL; clip < 50; clip++)
        {
            var all = Drawn(clip, _everything);
            Assert.Equal(all with { Cents = 0 }, Drawn(clip, _everything with { Pitch = null }));
            Assert.Equal(all with { CutOut = null }, Drawn(clip, _everything with { CutOut = 0 }));
            Assert.Equal(all with { Reverberance = null }, Drawn(clip, _everything with { Reverberance = null }));
        }
    }

    [Fact]
    public void No_effect_hands_the_clip_itself_back()
    {
        var clip = Signals.Noise(100);
        Assert.True(new EffectChain(Rate).Apply(clip, new ClipEffects()) == clip);
    }

    [Fact]
    public void A_clip_no_longer_than_those_before_it_takes_no_new_memory()
    {
        var chain = new EffectChain(Rate);
        var (clip, partner) = (Signals.Noise(Rate), Signals.Noise(Rate / 2));
        chain.Apply(clip, partner, new Mix(0.5, 0.5), Longest(1));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var key = 0UL; key < 20; key++)
        {
            chain.Apply(clip, partner, new Mix(0.5, 0.5), Longest(key));
        }
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        static ClipEffects Longest(ulong key) => new()
        {
            Reversed = true,
            ChunkSeconds = 0.1,
            CutOut = 0.3,
            Reverberance = 50,
            RoomScale = 50,
            Cents = 300,
            Tempo = 0.9,
            Speed = 0.9,
            Overdrive = 10,
            Key = key,
        };
    }

    private static ClipEffects Drawn(ulong seed, EffectSettings? settings = null)
    {
        var random = SeededRandom.Of(seed, 5);
        return ClipEffects.Draw(settings ?? _everything, ref random);
    }
}
