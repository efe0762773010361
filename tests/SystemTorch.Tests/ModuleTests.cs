using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace OrleansTagging.SystemTorch.Tests;

public sealed class ModuleTests
{
    [Fact]
    public void Parameters_and_buffers_bear_the_names_of_their_fields_and_places()
    {
        using var network = Networks.Small();
        Assert.Equal(
            [
                "_body.norm.weight", "_body.norm.bias", "_body.conv.weight", "_body.conv.bias",
                "_body.act.weight", "_head.weight", "_head.bias",
            ],
            network.named_parameters().Select(item => item.name));
        Assert.Equal(
            ["_body.norm.running_mean", "_body.norm.running_var", "_body.norm.num_batches_tracked"],
            network.named_buffers().Select(item => item.name));
        Assert.Equal(10, network.state_dict().Count);
    }

    [Fact]
    public void A_state_dict_is_read_back_as_it_was_written()
    {
        using var scope = NewDisposeScope();
        manual_seed(5);
        using var first = Networks.Small();
        using var second = Networks.Small();
        first.call(randn(4, 2, 7, 7)); // moves the running figures
        using var stream = new MemoryStream();
        first.save(new BinaryWriter(stream));
        stream.Position = 0;
        second.load(new BinaryReader(stream));
        first.eval();
        second.eval();
        var images = randn(3, 2, 7, 7);
        Assert.True(first.call(images).Equals(second.call(images)));
    }

    [Fact]
    public void A_state_dict_has_TorchSharps_bytes()
    {
        using var module = nn.PReLU(2, 0.5);
        using var stream = new MemoryStream();
        module.save(new BinaryWriter(stream));
        byte[] expected =
        [
            1,                                                      // entries
            6, (byte)'w', (byte)'e', (byte)'i', (byte)'g', (byte)'h', (byte)'t',
            6,                                                      // float32
            1, 2,                                                   // one axis of length 2
            0, 0, 0, 0x3f, 0, 0, 0, 0x3f,                           // 0.5 twice
        ];
        Assert.Equal(expected, stream.ToArray());
    }

    [Fact]
    public void A_long_axis_takes_several_bytes_of_its_length()
    {
        using var scope = NewDisposeScope();
        using var stream = new MemoryStream();
        ones(300).Save(new BinaryWriter(stream));
        Assert.Equal(new byte[] { 6, 1, 0xac, 0x02 }, stream.ToArray()[..4]);
        stream.Position = 0;
        Assert.Equal([300L], TensorExtensionMethods.Load(new BinaryReader(stream)).shape);
    }

    [Fact]
    public void A_state_dict_that_does_not_fit_is_refused()
    {
        using var stream = new MemoryStream();
        using var two = nn.PReLU(2);
        using var three = nn.PReLU(3);
        using var linear = nn.Linear(2, 2);
        two.save(new BinaryWriter(stream));
        Assert.Contains("shape", Refusal(three), StringComparison.Ordinal);
        Assert.Contains("sizes", Refusal(linear), StringComparison.Ordinal);

        string Refusal(nn.Module module)
        {
            stream.Position = 0;
            return Assert.Throws<ArgumentException>(() => module.load(new BinaryReader(stream))).Message;
        }
    }

    [Fact]
    public void A_module_converts_in_place_with_its_gradients()
    {
        using var scope = NewDisposeScope();
        using var network = Networks.Small();
        var weight = network.get_parameter("_head.weight")!;
        network.call(randn(2, 2, 8, 8)).sum().backward();
        network.to(float64);
        Assert.Equal(ScalarType.Float64, weight.dtype);
        Assert.Equal(ScalarType.Float64, weight.grad!.dtype);
        Assert.True(weight.requires_grad);
        Assert.True(weight.is_leaf);
        Assert.Equal(ScalarType.Int64, network.get_buffer("_body.norm.num_batches_tracked")!.dtype);
        Assert.Equal(ScalarType.Float64, network.call(randn([2, 2, 8, 8], float64)).dtype);
    }

    [Fact]
    public void Batch_norm_uses_the_batch_in_training_and_the_running_figures_in_evaluation()
    {
        using var scope = NewDisposeScope();
        using var norm = nn.BatchNorm1d(1);
        var x = tensor([1f, 3f], [2, 1]);
        Assert.Equal([-1f, 1f], norm.call(x).data<float>().Select(value => MathF.Round(value, 4)));
        Assert.Equal(0.2f, norm.running_mean!.item<float>(), 1e-6);
        Assert.Equal(0.9f + 0.1f * 2, norm.running_var!.item<float>(), 1e-6);
        Assert.Equal(1, norm.num_batches_tracked!.item<long>());
        norm.eval();
        Assert.Equal((1 - 0.2) / Math.Sqrt(1.1 + 1e-5), norm.call(x).data<float>()[0], 1e-5);
    }

    [Fact]
    public void Evaluation_reaches_every_part()
    {
        using var network = Networks.Small();
        network.eval();
        Assert.All(network.modules(), module => Assert.False(module.training));
        network.train();
        Assert.All(network.modules(), module => Assert.True(module.training));
    }

    [Fact]
    public void A_list_of_modules_names_its_parts_by_their_places()
    {
        using var list = nn.ModuleList(nn.Linear(1, 2), nn.Linear(2, 3));
        Assert.Equal(["0.weight", "0.bias", "1.weight", "1.bias"], list.named_parameters().Select(item => item.name));
        Assert.Equal(3, list[1].weight.shape[0]);
    }

    [Fact]
    public void First_weights_have_the_spread_that_their_authors_gave_them()
    {
        using var scope = NewDisposeScope();
        manual_seed(2);
        var weight = empty(200, 50, 3, 3);
        nn.init.kaiming_normal_(weight, mode: nn.init.FanInOut.FanOut, nonlinearity: nn.init.NonlinearityType.ReLU);
        Assert.Equal(Math.Sqrt(2.0 / (200 * 9)), weight.std().item<float>(), 3e-4);
        nn.init.xavier_uniform_(weight);
        Assert.Equal(Math.Sqrt(6.0 / (250 * 9)), weight.abs().max().item<float>(), 1e-4);
    }
}
