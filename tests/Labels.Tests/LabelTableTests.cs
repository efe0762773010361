using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace OrleansTagging.Labels.Tests;

public sealed class LabelTableTests
{
    private static readonly ClassMap _classes = new(["Bark", "Gong", "Meow"]);

    [Fact]
    public void Clips_come_in_file_order_with_their_labels_in_cell_order()
    {
        using var folder = new TemporaryFolder();
        var table = LabelTable.Read(folder.Text("l.csv", "fname,labels\nb.wav,\"Meow,Bark\"\na.wav,Gong\nc.wav,\n"), _classes);

        Assert.Equal([new("b.wav", [2, 0]), new("a.wav", [1]), new("c.wav", [])], table.Clips);
        Assert.True(table.TryGetClip("a.wav", out var clip));
        Assert.Equal([1], clip.Labels);
        Assert.False(table.TryGetClip("d.wav", out _));
    }

    [Fact]
    public void Further_columns_are_passed_over_wherever_they_stand()
    {
        using var folder = new TemporaryFolder();
        var table = LabelTable.Read(
            folder.Text("post.csv", "usage,labels,fname,license\nPublic,Gong,a.wav,CC0\r\nPrivate,\"Gong,Bark\",b.wav,CC0\r\n"), _classes);
        Assert.Equal([new("a.wav", [1]), new("b.wav", [1, 0])], table.Clips);
    }

    [Fact]
    public void A_byte_order_mark_and_blank_lines_do_no_harm()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("l.csv"), "fname,labels\n\na.wav,Gong\n\n", new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        Assert.Equal([new("a.wav", [1])], LabelTable.Read(folder.File("l.csv"), _classes).Clips);
    }

    [Theory]
    [InlineData("a.wav,Gong\nb.wav,Bark\n", "line 1", "no column 'fname'")]
    [InlineData("fname,label\na.wav,Gong\n", "line 1", "no column 'labels'")]
    [InlineData("fname,labels,labels\na.wav,Gong,Bark\n", "line 1", "'labels' more than once")]
    [InlineData("fname,labels\na.wav,Gong\nb.wav,Brak\n", "line 3", "unknown label 'Brak'; the nearest one is 'Bark'")]
    [InlineData("fname,labels\na.wav,Gong\n\na.wav,Bark\n", "line 4", "clip 'a.wav' is given twice")]
    [InlineData("fname,labels\na.wav,\"Gong,Bark,Gong\"\n", "line 2", "label 'Gong' is given twice")]
    [InlineData("fname,labels\na.wav,Gong,Bark\n", "line 2", "malformed row: 3 fields")]
    [InlineData("fname,labels\na.wav\n", "line 2", "malformed row: 1 fields")]
    [InlineData("fname,labels\n,Gong\n", "line 2", "file name is empty")]
    [InlineData("fname,labels\na.wav,\"Gong,,Bark\"\n", "line 2", "empty label")]
    [InlineData("fname,labels\na.wav,\"Gong,Bark\nb.wav,Gong\n", "line", "malformed row: a quote")]
    [InlineData("fname,labels\na.wav,\"Gong\nb.wav,\"Gong,Bark\"\n", "line", "malformed row: a quote")]
    [InlineData("fname,labels\na.wav,Go\"ng\n", "line 2", "malformed row: a quote")]
    [InlineData("fname,labels\na.wav,\"Gong", "line 2", "malformed row: a quote")]
    public void Faults_name_file_and_line(string content, string line, string what)
    {
        using var folder = new TemporaryFolder();
        var message = Assert.Throws<InputException>(() => LabelTable.Read(folder.Text("l.csv", content), _classes)).Message;
        Assert.Contains("l.csv, " + line, message);
        Assert.Contains(what, message);
        Assert.DoesNotContain('\n', message);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("\n\n", "is empty")]
    [InlineData("RIFF\u0001\0\0\0WAVEfmt \0\0", "binary")]
    public void An_empty_or_binary_file_is_named(string content, string what)
    {
        using var folder = new TemporaryFolder();
        var message = Assert.Throws<InputException>(() => LabelTable.Read(folder.Text("l.csv", content), _classes)).Message;
        Assert.Contains("l.csv", message);
        Assert.Contains(what, message);
    }

    [Fact]
    public void Bytes_that_are_no_text_are_named_as_such()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("l.csv"), [0x80, 0xff, 0xfe, 0x41, 0xc3, 0x28]);
        var message = Assert.Throws<InputException>(() => LabelTable.Read(folder.File("l.csv"), _classes)).Message;
        Assert.Contains("l.csv", message);
        Assert.Contains("binary", message);
    }

    [Fact]
    public void A_folder_where_a_file_should_be_is_named()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("l.csv"));
        Assert.Contains("l.csv", Assert.Throws<InputException>(() => LabelTable.Read(folder.File("l.csv"), _classes)).Message);
    }

    [Fact]
    public void Several_labels_are_quoted_and_one_is_not()
    {
        using var folder = new TemporaryFolder();
        LabelTable.Write(folder.File("l.csv"), _classes, [new("b.wav", [2, 0]), new("a.wav", [1]), new("c.wav", [])]);
        Assert.Equal("fname,labels\nb.wav,\"Meow,Bark\"\na.wav,Gong\nc.wav,\n", File.ReadAllText(folder.File("l.csv")));
        Assert.Equal(["l.csv"], folder.Names());
    }

    [Fact]
    public void A_failed_write_leaves_the_older_file_and_nothing_else()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Text("l.csv", "older");
        Assert.ThrowsAny<Exception>(() => LabelTable.Write(path, _classes, [new("a.wav", [1]), new("b.wav", [99])]));
        Assert.Equal("older", File.ReadAllText(path));
        Assert.Equal(["l.csv"], folder.Names());
    }

    [Fact]
    public void What_is_written_reads_back_the_same()
    {
        using var folder = new TemporaryFolder();
        var names = Gen.Elements("a", "ä b", "x,y", "\"q\"", "λ", "clip_0001", "-1", "=2").NonEmptyListOf()
            .Select(parts => string.Join('_', parts) + ".wav");
        var labels = Gen.Elements<int[]>([], [0], [2, 1], [0, 1, 2]);
        var clips = from count in Gen.Choose(0, 12)
                    from fileNames in names.ListOf(count)
                    from cells in labels.ListOf(count)
                    select fileNames.Zip(cells, (name, cell) => new LabelledClip(name, cell)).DistinctBy(clip => clip.FileName).ToArray();

        Prop.ForAll(clips.ToArbitrary(), written =>
        {
            LabelTable.Write(folder.File("l.csv"), _classes, written);
            Assert.Equal(written, LabelTable.Read(folder.File("l.csv"), _classes).Clips);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_table_refuses_what_a_file_may_not_hold()
    {
        Assert.Throws<InputException>(() => new LabelTable(_classes, [new("a", [0]), new("a", [1])]));
        Assert.Throws<InputException>(() => new LabelTable(_classes, [new("a", [3])]));
        Assert.Throws<InputException>(() => new LabelTable(_classes, [new("a", [1, 1])]));
    }
}
