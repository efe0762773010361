using System.Runtime.InteropServices;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.utils.rnn;

namespace OrleansTagging.SystemTorch.Tests;

public sealed class RecurrentTests
{
    private static readonly long[] _lengths = [3, 7, 1, 7, 5];

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(19)]
    public void Values_and_gradients_over_mixed_lengths_are_those_of_each_sequence_alone_by_the_definition(int units)
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        using var gru = nn.GRU(4, units, batchFirst: true, bidirectional: true);
        var input = randn(5, 7, 4);
        var (outputWeight, stateWeight) = (randn(5, 7, 2 * units), randn(2, 5, units));

        var ours = input.detach().requires_grad_();
        var packed = pack_padded_sequence(ours, tensor(_lengths), batch_first: true, enforce_sorted: false);
        var (output, states) = gru.call(packed);
        // Sequence after sequence: the weights of the packed rows are those of the steps that they come from.
        var rows = pack_padded_sequence(outputWeight, tensor(_lengths), batch_first: true, enforce_sorted: false).data;
        ((output.data * rows).sum() + (states * stateWeight).sum()).backward();
        var found = gru.named_parameters().ToDictionary(named => named.name, named => named.parameter.grad!.clone());
        gru.zero_grad();

        var plain = input.detach().requires_grad_();
        var total = zeros(1);
        for (var sequence = 0; sequence < 5; sequence++)
        {
            var steps = Enumerable.Range(0, (int)_lengths[sequence]).ToArray();
            for (var direction = 0; direction < 2; direction++)
            {
                var state = zeros(units);
                foreach (var step in direction == 0 ? steps : steps.Reverse())
                {
                    state = Step(gru, plain[sequence, step], state, direction == 0 ? "" : "_reverse");
                    total += (state * outputWeight[sequence, step].narrow(0, direction * units, units)).sum();
                }
                Assert.True(states[direction, sequence].allclose(state, 1e-4, 1e-5));
                total += (state * stateWeight[direction, sequence]).sum();
            }
        }
        total.backward();

        Assert.True(ours.grad!.allclose(plain.grad!, 1e-4, 1e-5));
        foreach (var (name, parameter) in gru.named_parameters())
        {
            Assert.True(found[name].allclose(parameter.grad!, 1e-4, 1e-4), name);
        }
    }

    [Fact]
    public void Sequences_of_one_length_need_no_packing()
    {
        using var scope = NewDisposeScope();
        using var gru = nn.GRU(4, 6, numLayers: 2, bias: false, bidirectional: true);
        var input = randn(7, 3, 4);
        var (output, states) = gru.call(input);
        var (packed, same) = gru.call(pack_padded_sequence(input, tensor([7L, 7L, 7L])));
        Assert.Equal([7L, 3L, 12L], output.shape);
        Assert.Equal([4L, 3L, 6L], states.shape);
        Assert.True(output.view(21, 12).allclose(packed.data, 1e-4, 1e-5));
        Assert.True(states.allclose(same, 1e-4, 1e-5));
    }

    [Fact]
    public void Parameters_bear_the_names_that_PyTorch_gives_them()
    {
        using var gru = nn.GRU(4, 6, bidirectional: true);
        Assert.Equal(
            ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0",
                "weight_ih_l0_reverse", "weight_hh_l0_reverse", "bias_ih_l0_reverse", "bias_hh_l0_reverse"],
            gru.named_parameters().Select(named => named.name));
        Assert.Equal([18L, 4L], gru.get_parameter("weight_ih_l0")!.shape);
    }

    [Fact]
    public void What_cannot_be_packed_or_passed_is_an_exception()
    {
        using var scope = NewDisposeScope();
        using var gru = nn.GRU(4, 6);
        Assert.Throws<ExternalException>(() => pack_padded_sequence(randn(7, 2, 4), tensor([3L, 7L])));
        Assert.Throws<ExternalException>(() => pack_padded_sequence(randn(7, 2, 4), tensor([8L, 7L])));
        Assert.Throws<ExternalException>(() => pack_padded_sequence(randn(7, 2, 4), tensor([7L, 0L])));
        Assert.Throws<ExternalException>(() => gru.call(randn(7, 2, 5)));
        Assert.Throws<ExternalException>(() => gru.call(pack_padded_sequence(randn(7, 2, 5), tensor([7L, 3L]))));
    }

    // Cho et al. 2014, the reset gate after the product, as cuDNN and PyTorch have it.
    private static Tensor Step(GRU gru, Tensor x, Tensor state, string way)
    {
        var fromInput = gru.get_parameter("weight_ih_l0" + way)!.mv(x) + gru.get_parameter("bias_ih_l0" + way)!;
        var fromState = gru.get_parameter("weight_hh_l0" + way)!.mv(state) + gru.get_parameter("bias_hh_l0" + way)!;
        var (input, own) = (fromInput.split(state.shape[0]), fromState.split(state.shape[0]));
        var (reset, update) = ((input[0] + own[0]).sigmoid(), (input[1] + own[1]).sigmoid());
        return (1 - update) * (input[2] + reset * own[2]).tanh() + update * state;
    }
}
