namespace OrleansTagging.Labels.Tests;

public sealed class BlendTests
{
    private static readonly ClassMap _classes = new(["a", "b"]);

    [Fact]
    public void Every_member_has_the_same_weight()
    {
        Assert.Equal([2, 4], Blend.Mean([[1.0, 2], [2, 4], [3, 6]]));
        Assert.Equal([1.5, 0.25], Blend.Mean([[1f, 0.5f], [2f, 0f]]));
    }

    [Fact]
    public void One_member_blends_to_itself() => Assert.Equal([0.1, 0.7], Blend.Mean([[0.1, 0.7]]));

    [Fact]
    public void Rows_are_matched_by_file_name()
    {
        var blend = Blend.Mean([
            new PredictionTable(["x", "y"], _classes, [1, 2, 3, 4]),
            new PredictionTable(["y", "x"], _classes, [5, 6, 7, 8])]);
        Assert.Equal(["x", "y"], blend.FileNames);
        Assert.Equal([4, 5, 4, 5], blend.Scores.ToArray());
    }

    [Fact]
    public void Mismatching_members_are_refused()
    {
        var first = new PredictionTable(["x", "y"], _classes, [1, 2, 3, 4]);
        Assert.Throws<InputException>(() => Blend.Mean([first, new PredictionTable(["x"], _classes, [1, 2])]));
        Assert.Contains("'y'",
            Assert.Throws<InputException>(() => Blend.Mean([first, new PredictionTable(["x", "z"], _classes, [1, 2, 3, 4])])).Message);
        Assert.Throws<InputException>(() => Blend.Mean([first, new PredictionTable(["x", "y"], new ClassMap(["b", "a"]), [1, 2, 3, 4])]));
        Assert.Throws<InputException>(() => Blend.Mean(Array.Empty<PredictionTable>()));
        Assert.Throws<ArgumentException>(() => Blend.Mean([[1.0, 2], [1.0]]));
        Assert.Throws<ArgumentException>(() => Blend.Mean(Array.Empty<double[]>()));
    }

    [Fact]
    public void Weights_say_how_much_each_member_counts()
    {
        Assert.Equal([1.75, 3.5], Blend.Weighted([[1.0, 2], [2, 4], [9, 9]], [0.25, 0.75, 0]));
        var blend = Blend.Weighted(
            [new PredictionTable(["x", "y"], _classes, [1, 2, 3, 4]), new PredictionTable(["y", "x"], _classes, [5, 6, 7, 8])], [0.5, 0.5]);
        Assert.Equal([4, 5, 4, 5], blend.Scores.ToArray());
    }

    [Fact]
    public void Equal_weights_give_the_mean_to_the_last_bit()
    {
        double[][] members = [[0.1, 0.7], [0.2, 0.4], [0.3, 0.9]];
        Assert.Equal(Blend.Mean(members), Blend.Weighted(members, [1.0 / 3, 1.0 / 3, 1.0 / 3]));
    }

    [Theory]
    [InlineData(0.5, 0.6)]
    [InlineData(1.5, -0.5)]
    [InlineData(double.NaN, 1)]
    public void Weights_off_the_simplex_are_refused(double one, double other)
    {
        Assert.Throws<ArgumentException>(() => Blend.Weighted([[1.0], [2.0]], [one, other]));
        Assert.Throws<ArgumentException>(() => Blend.Weighted([[1.0], [2.0]], [1]));
    }
}
