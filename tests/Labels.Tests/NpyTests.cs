using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace OrleansTagging.Labels.Tests;

public sealed class NpyTests
{
    private static readonly byte[] _version1 = Encoding.Latin1.GetBytes("\u0093NUMPY\u0001\0");

    [Fact]
    public void Files_of_numpy_read_with_their_shape()
    {
        var signal = NpyFile.Read<float>(Golden.Path("signal.npy"));
        Assert.Equal([22_050], signal.Shape);
        Assert.Equal(22_050, signal.Values.Length);
        Assert.All(signal.Values, sample => Assert.True(float.IsFinite(sample)));

    }

    [Fact]
    public void An_array_in_Fortran_order_is_read_into_rows_and_not_mapped()
    {
        var filters = NpyFile.Read<float>(Golden.Path("mel_filterbank_2048_128.npy"));
        Assert.Equal([128, 1025], filters.Shape);
        // A mel band is one rise and one fall: read the other way round, a row would be a comb.
        for (var band = 0; band < 128; band++)
        {
            var bins = Enumerable.Range(0, 1025).Where(bin => filters.Values[band * 1025 + bin] > 0).ToArray();
            Assert.NotEmpty(bins);
            Assert.Equal(bins.Length - 1, bins[^1] - bins[0]);
        }
        var fault = Assert.Throws<InputException>(() => MappedNpy<float>.Open(Golden.Path("mel_filterbank_2048_128.npy")));
        Assert.Contains("Fortran", fault.Message);
    }

    [Fact]
    public void Three_dimensions_in_Fortran_order_are_read_with_the_last_one_fastest()
    {
        var header = Encoding.Latin1.GetBytes("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 4), }".PadRight(117) + "\n");
        // The value at (i, j, k) is 12 i + 4 j + k; the first dimension is the fastest in the file.
        var numbers = from k in Enumerable.Range(0, 4)
                      from j in Enumerable.Range(0, 3)
                      from i in Enumerable.Range(0, 2)
                      select (byte)(12 * i + 4 * j + k);
        using var stream = new MemoryStream([.. _version1, (byte)header.Length, 0, .. header, .. numbers]);
        Assert.Equal(Enumerable.Range(0, 24).Select(number => (byte)number), NpyFile.Read<byte>(stream, "array").Values);
    }

    [Fact]
    public void The_bytes_are_those_that_numpy_writes()
    {
        var signal = NpyFile.Read<float>(Golden.Path("signal.npy"));
        using var folder = new TemporaryFolder();
        NpyFile.Write<float>(folder.File("s.npy"), [22_050], signal.Values);
        Assert.Equal(File.ReadAllBytes(Golden.Path("signal.npy")), File.ReadAllBytes(folder.File("s.npy")));
    }

    [Fact]
    public void Arrays_of_every_type_and_shape_read_back_the_same()
    {
        RoundTrip(number => (float)number / 3);
        RoundTrip(number => number / 7.0);
        RoundTrip(number => number);
        RoundTrip(number => number * 10_000_000_007L);
        RoundTrip(number => (byte)number);
    }

    [Fact]
    public void The_numbers_begin_at_a_multiple_of_64_bytes() =>
        Prop.ForAll(Gen.Choose(0, 40).ListOf().Select(shape => shape.Take(8).Select(size => (long)size).ToArray()).ToArbitrary(), shape =>
        {
            using var empty = new MemoryStream();
            shape = [0, .. shape];
            NpyFile.Write<double>(empty, shape, []);
            Assert.Equal(0, empty.Length % 64);
            empty.Position = 0;
            Assert.Equal(shape, NpyFile.Read<double>(empty, "array").Shape);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_file_written_row_by_row_has_the_bytes_of_one_written_at_once()
    {
        using var folder = new TemporaryFolder();
        var values = Enumerable.Range(0, 12 * 35).Select(number => number / 8f).ToArray();
        using (var writer = new NpyWriter<float>(folder.File("rows.npy"), 3, 4))
        {
            writer.Append(values.AsSpan(0, 12));
            writer.Append(values.AsSpan(12));
            Assert.Equal(35, writer.Rows);
            Assert.Equal(12, writer.RowLength);
            Assert.Throws<ArgumentException>(() => writer.Append(new float[5]));
            Assert.False(File.Exists(folder.File("rows.npy")));
            writer.Complete();
        }
        NpyFile.Write<float>(folder.File("whole.npy"), [35, 3, 4], values);
        Assert.Equal(File.ReadAllBytes(folder.File("whole.npy")), File.ReadAllBytes(folder.File("rows.npy")));
        Assert.Equal(["rows.npy", "whole.npy"], folder.Names());
    }

    [Fact]
    public void A_writer_disposed_before_its_end_leaves_nothing()
    {
        using var folder = new TemporaryFolder();
        using (var writer = new NpyWriter<int>(folder.File("rows.npy")))
        {
            writer.Append([1, 2, 3]);
        }
        Assert.Empty(folder.Names());
    }

    [Fact]
    public void Mapped_rows_are_those_of_the_array()
    {
        using var folder = new TemporaryFolder();
        // More than a page, so that windows begin within one and across several.
        var values = Enumerable.Range(0, 1_000 * 30).Select(number => (double)number).ToArray();
        NpyFile.Write<double>(folder.File("a.npy"), [1_000, 5, 6], values);
        using var mapped = MappedNpy<double>.Open(folder.File("a.npy"));
        Assert.Equal(1_000, mapped.Rows);
        Assert.Equal(30, mapped.RowLength);
        Assert.Equal(values.AsSpan(30 * 999), mapped.Row(999));
        Assert.Equal(values, mapped.Slice(0, 1_000));
        for (var first = 0; first < 1_000; first += 123)
        {
            using var window = mapped.Window(first, Math.Min(123, 1_000 - first));
            Assert.Equal(values.AsSpan(first * 30, (int)window.Rows * 30), window.Slice(first, (int)window.Rows));
            Assert.Throws<ArgumentOutOfRangeException>(() => window.Row(first - 1).Length);
            Assert.Throws<ArgumentOutOfRangeException>(() => window.Row(first + window.Rows).Length);
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => mapped.Row(1_000).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => mapped.Row(-1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => mapped.Window(999, 2));
    }

    [Fact]
    public void An_array_without_rows_can_be_mapped()
    {
        using var folder = new TemporaryFolder();
        NpyFile.Write<float>(folder.File("a.npy"), [0, 80], []);
        using var mapped = MappedNpy<float>.Open(folder.File("a.npy"));
        Assert.Equal(0, mapped.Rows);
        Assert.True(mapped.Slice(0, 0).IsEmpty);
    }

    [Fact]
    public void Rows_beyond_2_GB_are_read_where_they_stand()
    {
        using var folder = new TemporaryFolder();
        const long rows = 30_000_000;
        // A sparse file: 2.4 GB by its length, a few kilobytes on the disk.
        using (var stream = new FileStream(folder.File("a.npy"), FileMode.CreateNew))
        {
            stream.Write(NpyHeader.Bytes<float>([rows, 20]));
            stream.SetLength(stream.Position + rows * 20 * sizeof(float));
            stream.Position = stream.Length - sizeof(float);
            stream.Write(BitConverter.GetBytes(42f));
        }
        using var mapped = MappedNpy<float>.Open(folder.File("a.npy"));
        Assert.Equal(42f, mapped.Row(rows - 1)[^1]);
        Assert.Equal(0f, mapped.Row(rows - 2)[^1]);
        using var window = mapped.Window(rows - 3, 3);
        Assert.Equal(42f, window.Row(rows - 1)[19]);
        Assert.Contains("mapped", Assert.Throws<InputException>(() => LargerThanAnArray(folder)).Message);
    }

    [Theory]
    [InlineData("", "no .npy file")]
    [InlineData("fname,labels\nx.wav,Bark\n", "no .npy file")]
    [InlineData("\u0093NUMPY", "no .npy file")]
    [InlineData("\u0093NUMPY\u0009\0\u0004\0abcd", "format is 9.0")]
    [InlineData("\u0093NUMPY\u0001\0\u00ff\u00ff{'descr'", "the file ends inside it")]
    [InlineData("\u0093NUMPY\u0002\0\u00ff\u00ff\u00ff\u007f{'descr'", "claims to be")]
    [InlineData("\u0093NUMPY\u0001\0\u0004\0abcd", "does not hold descr")]
    public void A_corrupt_header_names_the_file(string content, string what)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("a.npy"), Encoding.Latin1.GetBytes(content));
        foreach (var message in Faults(folder.File("a.npy")))
        {
            Assert.Contains("a.npy", message);
            Assert.Contains(what, message);
            Assert.DoesNotContain('\n', message);
        }
    }

    [Theory]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (-3,), }", "shape is (-3,)")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (x, 2), }", "shape is (x, 2)")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }", "shape is")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 4294967296, 4294967296), }", "shape is")]
    [InlineData("{'descr': '>f4', 'fortran_order': False, 'shape': (3, 2), }", "'>f4'")]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }", "'<f8'")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 3), }", "cut short")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 1), }", "something was added")]
    [InlineData("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,), }", "does not hold descr")]
    public void A_header_that_cannot_be_used_says_why(string header, string what)
    {
        using var folder = new TemporaryFolder();
        var text = header.PadRight(117) + "\n";
        File.WriteAllBytes(
            folder.File("a.npy"),
            [.. _version1, (byte)text.Length, 0, .. Encoding.Latin1.GetBytes(text), .. new byte[6 * sizeof(float)]]);
        Assert.All(Faults(folder.File("a.npy")), message => Assert.Contains(what, message));
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        using var folder = new TemporaryFolder();
        Assert.All(Faults(folder.File("none.npy")), message => Assert.Contains("none.npy: there is no such file", message));
    }

    [Fact]
    public void A_type_that_numpy_files_here_do_not_hold_is_refused() =>
        Assert.Throws<NotSupportedException>(() => NpyFile.Write<short>(new MemoryStream(), [1], [1]));

    [Fact]
    public void A_shape_that_does_not_fit_the_values_is_refused() =>
        Assert.Throws<ArgumentException>(() => NpyFile.Write<int>(new MemoryStream(), [2, 2], [1, 2, 3]));

    private static IEnumerable<string> Faults(string path)
    {
        yield return Assert.Throws<InputException>(() => NpyFile.Read<float>(path)).Message;
        yield return Assert.Throws<InputException>(() => MappedNpy<float>.Open(path)).Message;
    }

    private static void LargerThanAnArray(TemporaryFolder folder)
    {
        using (var stream = new FileStream(folder.File("b.npy"), FileMode.CreateNew))
        {
            stream.Write(NpyHeader.Bytes<byte>([3_000_000_000]));
            stream.SetLength(stream.Position + 3_000_000_000);
        }
        NpyFile.Read<byte>(folder.File("b.npy"));
    }

    private static void RoundTrip<T>(Func<int, T> number) where T : unmanaged
    {
        using var folder = new TemporaryFolder();
        var shapes = Gen.Choose(0, 5).ListOf().Where(shape => shape.Count <= 4).Select(shape => shape.Select(size => (long)size).ToArray());
        Prop.ForAll(shapes.ToArbitrary(), shape =>
        {
            var values = Enumerable.Range(-3, (int)shape.Aggregate(1L, (product, size) => product * size)).Select(number).ToArray();
            NpyFile.Write<T>(folder.File("a.npy"), shape, values);
            var read = NpyFile.Read<T>(folder.File("a.npy"));
            Assert.Equal(shape, read.Shape);
            Assert.Equal(values, read.Values);
            using var mapped = MappedNpy<T>.Open(folder.File("a.npy"));
            Assert.Equal(values, mapped.Slice(0, (int)mapped.Rows).ToArray());
        }).QuickCheckThrowOnFailure();
    }
}
