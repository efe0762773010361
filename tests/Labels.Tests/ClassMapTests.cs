namespace OrleansTagging.Labels.Tests;

public sealed class ClassMapTests
{
    [Fact]
    public void The_header_of_the_sample_submission_gives_the_classes_in_order()
    {
        using var folder = new TemporaryFolder();
        var map = ClassMap.FromSampleSubmission(folder.Text("sample_submission.csv", "fname,Gong,Bark,\"Chink_and_clink\"\n0.wav,0,0,0\n"));

        Assert.Equal(["Gong", "Bark", "Chink_and_clink"], map.Names);
        Assert.Equal(3, map.Count);
        Assert.Equal(1, map.IndexOf("Bark"));
        Assert.True(map.TryGetIndex("Chink_and_clink", out var index));
        Assert.Equal(2, index);
        Assert.False(map.TryGetIndex("bark", out _));
    }

    [Fact]
    public void A_class_named_twice_is_refused_with_file_and_line()
    {
        using var folder = new TemporaryFolder();
        var fault = Assert.Throws<InputException>(() => ClassMap.FromSampleSubmission(folder.Text("s.csv", "fname,Gong,Bark,Gong\n")));
        Assert.Contains("s.csv, line 1", fault.Message);
        Assert.Contains("'Gong'", fault.Message);
        Assert.Throws<InputException>(() => new ClassMap(["a", "b", "a"]));
    }

    [Theory]
    [InlineData("Gong\nBark\n")]
    [InlineData("0,Gong\n1,Bark\n")]
    [InlineData("0,Gong,/m/0\n1,Bark,/m/1\n")]
    [InlineData("index,label,mid\n0,Gong,/m/0\n1,Bark,/m/1\n")]
    [InlineData("label\nGong\nBark\n")]
    public void A_vocabulary_gives_the_classes_in_order(string text)
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(["Gong", "Bark"], ClassMap.FromVocabulary(folder.Text("vocabulary.csv", text)).Names);
    }

    [Theory]
    [InlineData("0,Gong\n1,\n", "vocabulary.csv, line 2: malformed row: no class is named")]
    [InlineData("0,Gong\n1,Gong\n", "vocabulary.csv: The class 'Gong' is named twice")]
    [InlineData("", "the file is empty")]
    public void A_vocabulary_that_is_none_is_refused(string text, string says)
    {
        using var folder = new TemporaryFolder();
        var fault = Assert.Throws<InputException>(() => ClassMap.FromVocabulary(folder.Text("vocabulary.csv", text)));
        Assert.Contains(says, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" Bark")]
    [InlineData("Bark,Gong")]
    [InlineData("Ba\"rk")]
    [InlineData("Ba\nrk")]
    public void A_name_that_cannot_stand_in_a_label_cell_is_refused(string name)
    {
        var fault = Assert.Throws<InputException>(() => new ClassMap(["Gong", name]));
        Assert.DoesNotContain('\n', fault.Message);
    }

    [Theory]
    [InlineData("name,Gong\n")]
    [InlineData("fname\n")]
    [InlineData("Gong,fname\n")]
    public void Another_header_is_refused(string header)
    {
        using var folder = new TemporaryFolder();
        var fault = Assert.Throws<InputException>(() => ClassMap.FromSampleSubmission(folder.Text("s.csv", header)));
        Assert.Contains("s.csv, line 1: expected the header fname", fault.Message);
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("none.csv", Assert.Throws<InputException>(() => ClassMap.FromSampleSubmission(folder.File("none.csv"))).Message);
    }

    [Fact]
    public void An_unknown_class_suggests_the_nearest()
    {
        var map = new ClassMap(["Bark", "Gong", "Acoustic_guitar", "Bass_guitar"]);
        Assert.Contains("'Acoustic_guitar'", Assert.Throws<InputException>(() => map.IndexOf("acoustic guitar")).Message);
        Assert.Equal("Gong", map.Nearest("gnog"));
    }

    [Fact]
    public void Maps_are_equal_when_names_and_order_are()
    {
        Assert.Equal(new ClassMap(["a", "b"]), new ClassMap(["a", "b"]));
        Assert.Equal(new ClassMap(["a", "b"]).GetHashCode(), new ClassMap(["a", "b"]).GetHashCode());
        Assert.NotEqual(new ClassMap(["a", "b"]), new ClassMap(["b", "a"]));
    }
}
