namespace OrleansTagging.Labels.Tests;

public sealed class TestTruthTests : IDisposable
{
    private static readonly ClassMap Classes = new(["Bark", "Gong"]);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Labels_and_usage_are_read_whatever_other_columns_there_are()
    {
        var truth = Read("usage,fname,license,labels\nPrivate,b.wav,CC0,\"Gong,Bark\"\nPublic,a.wav,CC-BY,Bark\n");

        Assert.Equal([new LabelledClip("b.wav", [1, 0]), new LabelledClip("a.wav", [0])], truth.Labels.Clips);
        Assert.True(truth.TryGetUsage("a.wav", out var usage));
        Assert.Equal(TestTruth.Public, usage);
        Assert.True(truth.TryGetUsage("b.wav", out usage));
        Assert.Equal(TestTruth.Private, usage);
        Assert.False(truth.TryGetUsage("c.wav", out _));
    }

    [Fact]
    public void Each_leaderboard_has_its_clips()
    {
        var truth = Read("fname,labels,usage\nb.wav,\"Gong,Bark\",Private\na.wav,Bark,Public\nc.wav,Gong,Private\n");

        Assert.Equal(["a.wav"], truth.Of(TestTruth.Public).Clips.Select(clip => clip.FileName));
        Assert.Equal(["b.wav", "c.wav"], truth.Of(TestTruth.Private).Clips.Select(clip => clip.FileName));
        Assert.True(TestTruth.IsIn(_folder.File("post.csv")));
        Assert.False(TestTruth.IsIn(_folder.Text("plain.csv", "fname,labels\na.wav,Bark\n")));
    }

    [Theory]
    [InlineData("fname,labels\na.wav,Bark\n", "line 1: the header has no column 'usage'")]
    [InlineData("fname,labels,usage\na.wav,Bark,Public\nb.wav,Bark,public\n", "line 3: the usage of 'b.wav' is 'public'")]
    [InlineData("fname,labels,usage\na.wav,Bark,Public\na.wav,Bark,Private\n", "line 3: the clip 'a.wav' is given twice")]
    [InlineData("fname,labels,usage\na.wav,Meow,Public\n", "line 2: unknown label 'Meow'")]
    public void Bad_input_is_refused_with_its_line(string text, string says)
    {
        var fault = Assert.Throws<InputException>(() => Read(text));
        Assert.Contains(says, fault.Message, StringComparison.Ordinal);
        Assert.Contains("post.csv", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Written_with_the_truth_of_other_clips_its_own_labels_hold()
    {
        var truth = Read("fname,labels,usage\nb.wav,\"Gong,Bark\",Private\na.wav,Bark,Public\n");
        truth.Write(_folder.File("all.csv"), [new LabelledClip("n.wav", [1]), new LabelledClip("a.wav", [1])]);

        Assert.Equal(
            "fname,labels,usage\nn.wav,Gong,\nb.wav,\"Gong,Bark\",Private\na.wav,Bark,Public\n", File.ReadAllText(_folder.File("all.csv")));
    }

    private TestTruth Read(string text) => TestTruth.Read(_folder.Text("post.csv", text), Classes);
}
