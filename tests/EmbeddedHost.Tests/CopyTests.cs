using Orleans.Concurrency;
using Orleans.Serialization;

namespace OrleansTagging.EmbeddedHost.Tests;

public sealed class CopyTests
{
    [Fact]
    public async Task What_the_caller_changes_after_the_call_the_grain_does_not_see()
    {
        await using var cluster = await Clusters.StartAsync();
        var grain = cluster.Client.GetGrain<IParcelGrain>("a");
        var parcel = Sample();
        await grain.Keep(parcel);
        parcel.Weights.Add(99);
        parcel.Marks[0] = 99;
        parcel.Inner["inner"].Weights.Clear();
        var kept = await grain.Kept();
        Assert.Equal([1, 2], kept.Weights);
        Assert.Equal([7], kept.Marks);
        Assert.Equal([3], kept.Inner["inner"].Weights);
        Assert.Equal(["x", "y"], kept.Tags);
        Assert.Equal(DateTimeOffset.UnixEpoch, kept.At);
        Assert.Equal(new[] { 0.5, 0.25 }, kept.Scores);
    }

    [Fact]
    public async Task What_the_caller_changes_in_a_result_the_grain_does_not_see()
    {
        await using var cluster = await Clusters.StartAsync();
        var grain = cluster.Client.GetGrain<IParcelGrain>("b");
        await grain.Keep(Sample());
        (await grain.Kept()).Weights.Clear();
        Assert.Equal([1, 2], (await grain.Kept()).Weights);
    }

    [Fact]
    public async Task One_object_that_occurs_twice_stays_one_and_a_cycle_stays_a_cycle()
    {
        await using var cluster = await Clusters.StartAsync();
        var parcel = Sample();
        parcel.Twin = parcel;
        parcel.Inner["again"] = parcel.Inner["inner"];
        var copy = await cluster.Client.GetGrain<IParcelGrain>("c").Echo(parcel);
        Assert.NotSame(parcel, copy);
        Assert.Same(copy, copy.Twin);
        Assert.Same(copy.Inner["inner"], copy.Inner["again"]);
    }

    [Fact]
    public async Task Structs_are_copied_deeply()
    {
        await using var cluster = await Clusters.StartAsync();
        var grain = cluster.Client.GetGrain<IParcelGrain>("d");
        var weight = new Weight { Grams = [1.5] };
        await grain.KeepWeight(weight);
        weight.Grams[0] = 0;
        Assert.Equal(new[] { 1.5 }, (await grain.KeptWeight()).Grams);
    }

    [Fact]
    public async Task What_nobody_changes_is_passed_as_it_is()
    {
        await using var cluster = await Clusters.StartAsync();
        var grain = cluster.Client.GetGrain<IParcelGrain>("e");
        Assert.True(await grain.IsSame(ParcelGrain.Stone));
        Assert.True(await grain.IsSameAsImmutable(ParcelGrain.Marks.AsImmutable()));
        Assert.True(await grain.IsSameParameter(ParcelGrain.Marks));
    }

    [Fact]
    public async Task A_type_without_serialiser_is_refused_by_name()
    {
        await using var cluster = await Clusters.StartAsync();
        var grain = cluster.Client.GetGrain<IParcelGrain>("f");
        var refused = await Assert.ThrowsAsync<CodecNotFoundException>(() => grain.Take(new Unmarked("a")));
        Assert.Contains(nameof(Unmarked), refused.Message, StringComparison.Ordinal);
        refused = await Assert.ThrowsAsync<CodecNotFoundException>(() => grain.Take(new[] { new Unmarked("a") }.Select(u => u)));
        await Assert.ThrowsAsync<CodecNotFoundException>(() => grain.Take(new List<object> { new Unmarked("a") }));
    }

    [Fact]
    public async Task The_list_that_a_collection_expression_makes_for_an_interface_is_refused_as_in_Orleans()
    {
        await using var cluster = await Clusters.StartAsync();
        IReadOnlyList<int> made = [1, 2, 3];
        await Assert.ThrowsAsync<CodecNotFoundException>(() => cluster.Client.GetGrain<IParcelGrain>("i").Take(made));
        await cluster.Client.GetGrain<IParcelGrain>("i").Take(made.ToList());
    }

    [Theory]
    [MemberData(nameof(Known))]
    public void What_Orleans_knows_is_copied(object value)
    {
        var copy = DeepCopier.Strict.Copy(value);
        Assert.NotSame(value, copy);
        Assert.Equal(value, copy);
    }

    public static TheoryData<object> Known() =>
    [
        new List<int[]> { new[] { 1 } },
        new Dictionary<string, List<int>> { ["a"] = [1] },
        new HashSet<string> { "a" },
        new SortedDictionary<int, string[]> { [1] = ["a"] },
        new SortedSet<int> { 2, 1 },
        new Queue<int>([1, 2]),
        new Stack<int>([1, 2]),
        new[] { new[] { 1.5f }, [2.5f] },
        new float[,] { { 1, 2 }, { 3, 4 } },
        (1, new List<int> { 2 }),
        Tuple.Create("a", new List<int> { 2 }),
        KeyValuePair.Create("a", new List<int> { 2 }),
        System.Collections.Immutable.ImmutableList.Create(new List<int> { 1 }),
        System.Collections.Immutable.ImmutableDictionary<string, List<int>>.Empty.Add("a", [1]),
        new System.Collections.ObjectModel.ReadOnlyCollection<int>([1, 2]),
    ];

    [Fact]
    public async Task A_member_without_number_is_refused_by_name()
    {
        await using var cluster = await Clusters.StartAsync();
        var refused = await Assert.ThrowsAsync<CodecNotFoundException>(
            () => cluster.Client.GetGrain<IParcelGrain>("g").Take(new Forgetful()));
        Assert.Contains("Forgetful.Lost", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reference_to_a_grain_may_be_passed()
    {
        await using var cluster = await Clusters.StartAsync(silos: 2);
        Assert.Equal(1, await cluster.Client.GetGrain<IParcelGrain>("h").Call(cluster.Client.GetGrain<ICounterGrain>("passed")));
    }

    internal static Parcel Sample() => new("outer", [1, 2], new Dictionary<string, Parcel> { ["inner"] = new("inner", [3], []) })
    {
        Marks = [7],
        Tags = ["x", "y"],
        At = DateTimeOffset.UnixEpoch,
        Scores = new List<double> { 0.5, 0.25 },
    };
}
