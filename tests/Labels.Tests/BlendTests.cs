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
}
