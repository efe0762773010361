using FsCheck;
using FsCheck.Fluent;

namespace OrleansTagging.Labels.Tests;

public sealed class PredictionTableTests
{
    private static readonly ClassMap _classes = new(["Bark", "Gong", "Meow"]);

    [Fact]
    public void Columns_in_any_order_give_scores_in_class_order()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Text("p.csv", "Meow,fname,Bark,Gong\n0.3,b.wav,0.1,2e-1\n3,a.wav,1,-2\n");

        var table = PredictionTable.Read(path, _classes);
        Assert.Equal(["b.wav", "a.wav"], table.FileNames);
        Assert.Equal([0.1, 0.2, 0.3, 1, -2, 3], table.Scores.ToArray());
        Assert.True(table.TryGetRow("a.wav", out var row));
        Assert.Equal([1, -2, 3], table.Row(row).ToArray());

        Assert.Equal(["Meow", "Bark", "Gong"], PredictionTable.Read(path, null).Classes.Names);
        Assert.Equal([0.3, 0.1, 0.2], PredictionTable.Read(path, null).Row(0).ToArray());
    }

    [Theory]
    [InlineData("fname,Bark,Gong\na.wav,1,2\n", "line 1", "class 'Meow' is missing")]
    [InlineData("fname,Bark,Gong,Mew,Meow\na.wav,1,2,3,4\n", "line 1", "column 'Mew' is no class; the nearest one is 'Meow'")]
    [InlineData("name,Bark,Gong,Meow\na.wav,1,2,3\n", "line 1", "no column 'fname'")]
    [InlineData("fname,Bark,Gong,Gong,Meow\na.wav,1,2,3,4\n", "line 1", "'Gong' more than once")]
    [InlineData("fname,Bark,Gong,Meow\na.wav,1,2,3\na.wav,1,2,3\n", "line 3", "clip 'a.wav' is predicted twice")]
    [InlineData("fname,Bark,Gong,Meow\na.wav,1,NaN,3\n", "line 2", "clip 'a.wav' has 'NaN' for the class 'Gong'")]
    [InlineData("fname,Bark,Gong,Meow\na.wav,1,2,Infinity\n", "line 2", "finite")]
    [InlineData("fname,Bark,Gong,Meow\na.wav,1,2,1e999\n", "line 2", "finite")]
    [InlineData("fname,Bark,Gong,Meow\na.wav,,2,3\n", "line 2", "no number")]
    [InlineData("fname,Bark,Gong,Meow\na.wav,\"1,5\",2,3\n", "line 2", "no number")]
    [InlineData("fname,Bark,Gong,Meow\na.wav,1,2\n", "line 2", "malformed row")]
    [InlineData("fname,Bark,Gong,Meow\n,1,2,3\n", "line 2", "file name is empty")]
    public void Faults_name_file_line_and_clip(string content, string line, string what)
    {
        using var folder = new TemporaryFolder();
        var message = Assert.Throws<InputException>(() => PredictionTable.Read(folder.Text("p.csv", content), _classes)).Message;
        Assert.Contains("p.csv, " + line, message);
        Assert.Contains(what, message);
    }

    [Fact]
    public void An_empty_file_is_named()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("p.csv: the file is empty",
            Assert.Throws<InputException>(() => PredictionTable.Read(folder.Text("p.csv", ""), _classes)).Message);
    }

    [Fact]
    public void What_is_written_reads_back_to_the_last_bit_and_gives_the_same_bytes()
    {
        using var folder = new TemporaryFolder();
        var finite = ArbMap.Default.GeneratorFor<NormalFloat>().Select(number => number.Get);
        var tables = from clips in Gen.Choose(0, 8)
                     from scores in finite.ArrayOf(clips * 3)
                     select new PredictionTable(Enumerable.Range(0, clips).Select(clip => $"{clip},\"x\".wav"), _classes, scores);

        Prop.ForAll(tables.ToArbitrary(), written =>
        {
            written.Write(folder.File("p.csv"));
            var read = PredictionTable.Read(folder.File("p.csv"), null);
            Assert.Equal(written.FileNames, read.FileNames);
            Assert.Equal(written.Classes, read.Classes);
            Assert.Equal(
                written.Scores.ToArray().Select(BitConverter.DoubleToInt64Bits),
                read.Scores.ToArray().Select(BitConverter.DoubleToInt64Bits));
            read.Write(folder.File("again.csv"));
            Assert.Equal(File.ReadAllBytes(folder.File("p.csv")), File.ReadAllBytes(folder.File("again.csv")));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Numbers_are_written_the_same_in_every_culture()
    {
        using var folder = new TemporaryFolder();
        new PredictionTable(["a.wav"], _classes, [0.1, 1234567.5, 1e-20]).Write(folder.File("p.csv"));
        Assert.Equal("fname,Bark,Gong,Meow\na.wav,0.1,1234567.5,1E-20\n", File.ReadAllText(folder.File("p.csv")));
    }

    [Fact]
    public void A_table_refuses_a_wrong_shape_a_clip_twice_and_NaN()
    {
        Assert.Throws<ArgumentException>(() => new PredictionTable(["a"], _classes, [1, 2]));
        Assert.Throws<InputException>(() => new PredictionTable(["a", "a"], _classes, new double[6]));
        Assert.Contains("'a'", Assert.Throws<InputException>(() => new PredictionTable(["a"], _classes, [1, 2, double.NaN])).Message);
    }
}
