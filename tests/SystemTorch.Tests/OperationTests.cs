using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTagging.SystemTorch.Tests;

public sealed class OperationTests
{
    private static float[] Values(Tensor tensor)
    {
        using (tensor) return tensor.data<float>().ToArray();
    }

    [Fact]
    public void Numbers_mix_with_tensors_on_either_side()
    {
        using var scope = NewDisposeScope();
        var a = tensor([1f, 2f, 4f]);
        Assert.Equal([3f, 4f, 6f], Values(a + 2));
        Assert.Equal([1f, 0f, -2f], Values(2 - a));
        Assert.Equal([0.5f, 1f, 2f], Values(a / 2));
        Assert.Equal([4f, 2f, 1f], Values(4.0 / a));
        Assert.Equal([-1.5f, -3f, -6f], Values(-a * 1.5f));
        Assert.Equal([2f, 8f, 32f], Values(a * a + a * a));
        Assert.Equal([1f, 4f, 16f], Values(a.pow(2)));
    }

    [Fact]
    public void An_integer_tensor_stays_one_under_integer_numbers()
    {
        using var a = arange(3);
        using var b = a + 1;
        Assert.Equal(ScalarType.Int64, b.dtype);
        Assert.Equal([1L, 2L, 3L], b.data<long>().ToArray());
        using var c = a + 0.5;
        Assert.Equal(ScalarType.Float32, c.dtype);
    }

    [Fact]
    public void Comparisons_give_truth_values()
    {
        using var scope = NewDisposeScope();
        var a = tensor([1f, 2f, 4f]);
        Assert.Equal([false, true, false], (a == 2).data<bool>().ToArray());
        Assert.Equal([false, false, true], (2 < a).data<bool>().ToArray());
        Assert.Equal([true, true, false], a.le(2).data<bool>().ToArray());
        Assert.Equal([9f, 2f, 9f], Values(a.masked_fill(a != 2, 9)));
        Assert.Equal([1f, -1f, -1f], Values(where(a < 2, a, tensor(-1f))));
        Assert.True((a > 0).all().item<bool>());
    }

    [Fact]
    public void Reductions_go_over_the_named_axes()
    {
        using var scope = NewDisposeScope();
        var a = tensor(new float[,] { { 1, 2, 3 }, { 4, 5, 9 } });
        Assert.Equal([24f], Values(a.sum()));
        Assert.Equal([5f, 7f, 12f], Values(a.sum([0])));
        Assert.Equal([2f, 6f], Values(a.mean([1])));
        Assert.Equal([2L, 1L], a.mean([1], keepdim: true).shape);
        Assert.Equal([9f], Values(a.amax([0, 1])));
        Assert.Equal([1f, 7f], Values(a.var(1)));
        Assert.Equal([24f], Values(a.sum([0, 1])));
        var (values, indices) = a.max(1);
        Assert.Equal([3f, 9f], Values(values));
        Assert.Equal([2L, 2L], indices.data<long>().ToArray());
        var sums = Values(a.logsumexp(1));
        Assert.Equal(Math.Log(Math.Exp(1) + Math.Exp(2) + Math.Exp(3)), sums[0], 5);
    }

    [Fact]
    public void Indices_slices_and_masks_pick_and_set_parts()
    {
        using var scope = NewDisposeScope();
        var a = arange(12, dtype: float32).reshape(3, 4);
        Assert.Equal([4f, 5f, 6f, 7f], Values(a[1]));
        Assert.Equal(6f, a[1, 2].item<float>());
        Assert.Equal([1f, 5f, 9f], Values(a[TensorIndex.Colon, 1]));
        Assert.Equal([9f, 10f], Values(a[^1, 1..3]));
        Assert.Equal([0f, 2f], Values(a[0, TensorIndex.Slice(step: 2)]));
        Assert.Equal([1L, 3L, 4L], a[TensorIndex.None].shape);
        Assert.Equal([8f, 0f], Values(a[tensor([2L, 0L]), 0]));
        Assert.Equal([10f, 11f], Values(a[a > 9]));
        Assert.Equal([5f, 6f], Values(a.narrow(1, 1, 2)[1]));
        Assert.Equal([11f, 8f], Values(a.index_select(0, tensor([2L])).flatten().index_select(0, tensor([3L, 0L]))));
        a[0, TensorIndex.Ellipsis] = tensor(-1f);
        Assert.Equal([-1f, -1f, -1f, -1f, 4f], Values(a.flatten().slice(0, 0, 5, 1)));
    }

    [Fact]
    public void Views_keep_their_elements_and_strides()
    {
        using var scope = NewDisposeScope();
        var a = arange(6, dtype: float32).view(2, 3);
        var t = a.transpose(0, 1);
        Assert.Equal([1L, 3L], t.stride());
        Assert.False(t.is_contiguous());
        Assert.Equal([0f, 3f, 1f, 4f, 2f, 5f], t.data<float>().ToArray());
        Assert.Equal(4f, t.data<float>()[1, 1]);
        Assert.Equal([0f, 3f, 1f, 4f, 2f, 5f], Values(t.contiguous()));
        Assert.Equal([2L, 1L, 3L], a.unsqueeze(1).shape);
        Assert.Equal([2L, 4L, 3L], a.unsqueeze(1).expand(-1, 4, -1).shape);
        Assert.Equal([0f, 1f, 2f, 3f, 4f, 5f, 0f, 1f, 2f], Values(cat([a, a.narrow(0, 0, 1)]).flatten()));
        Assert.Equal([2L, 2L, 3L], stack([a, a]).shape);
        Assert.Equal([1L, 2L], a.split(2, 1).Select(part => part.shape[1]).Reverse());
    }

    [Fact]
    public void Bytes_are_the_tensors_own_memory()
    {
        using var a = zeros(3);
        BitConverter.TryWriteBytes(a.bytes[4..], 2.5f);
        Assert.Equal([0f, 2.5f, 0f], a.data<float>().ToArray());
        a.bytes = new byte[12];
        Assert.Equal([0f, 0f, 0f], a.data<float>().ToArray());
        Assert.Throws<ArgumentException>(() => a.bytes = new byte[8]);
    }

    [Fact]
    public void Element_types_are_checked_where_elements_are_read()
    {
        using var a = zeros(3, dtype: float64);
        Assert.Throws<ArgumentException>(() => a.data<float>());
        Assert.Throws<ArgumentException>(() => a.item<double>());
        using var b = a.to(float32);
        Assert.Equal(ScalarType.Float32, b.dtype);
    }

    [Fact]
    public void An_array_whose_length_is_not_the_shapes_is_refused() =>
        Assert.Throws<System.Runtime.InteropServices.ExternalException>(() => tensor(new float[5], [2, 3]));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_spectrum_of_a_tone_peaks_where_its_frequency_says(bool center)
    {
        using var scope = NewDisposeScope();
        var time = arange(0, 512, 1, dtype: float32);
        var tone = (time * (2 * MathF.PI * 8 / 64)).cos();
        using var window = hann_window(64);
        var spectrum = stft(tone, 64, 32, window: window, center: center, onesided: true, return_complex: true);
        Assert.Equal([33L, center ? 17L : 15L], spectrum.shape);
        var frame = spectrum.abs().select(1, 7);
        Assert.Equal(8, frame.argmax().item<long>());
        Assert.Equal(16f, frame[8].item<float>(), 3); // half the sum of a Hann window of 64
        Assert.Equal(8f, frame[7].item<float>(), 3);
    }

    [Fact]
    public void A_batch_of_signals_has_the_spectra_of_its_signals()
    {
        using var scope = NewDisposeScope();
        var signals = randn(3, 400);
        var window = hann_window(64);
        var all = stft(signals, 64, 16, window: window, return_complex: true).abs();
        var second = stft(signals[1], 64, 16, window: window, return_complex: true).abs();
        Assert.True(all[1].allclose(second));
    }
}
