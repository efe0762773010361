using OrleansTagging.SystemTorch;
using TorchSharp;

// Live tensors, cached memory and random numbers are the process's: one test at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace OrleansTagging.SystemTorch.Tests;

public sealed class DisposalTests
{
    [Fact]
    public void A_training_step_in_a_scope_leaves_no_tensor_behind()
    {
        using var network = Networks.Small();
        using var adam = torch.optim.Adam(network.parameters(), amsgrad: true);
        Step();
        var (managed, native) = (torch.Tensor.TotalCount, TorchRuntime.LiveTensors);
        for (var i = 0; i < 5; i++) Step();
        Assert.Equal(managed, torch.Tensor.TotalCount);
        Assert.Equal(native, TorchRuntime.LiveTensors);

        void Step()
        {
            using var scope = torch.NewDisposeScope();
            adam.zero_grad();
            network.call(torch.randn(3, 2, 9, 9)).pow(2).mean().backward();
            adam.step();
        }
    }

    [Fact]
    public void Disposing_of_network_and_optimiser_frees_every_tensor()
    {
        var before = TorchRuntime.LiveTensors;
        using (var network = Networks.Small())
        using (var adam = torch.optim.Adam(network.parameters(), amsgrad: true))
        using (var descent = torch.optim.SGD(network.parameters(), 0.1, momentum: 0.9))
        {
            using var scope = torch.NewDisposeScope();
            network.call(torch.randn(3, 2, 9, 9)).sum().backward();
            adam.step();
            descent.step();
            Assert.True(TorchRuntime.LiveTensors > before);
        }

        Assert.Equal(before, TorchRuntime.LiveTensors);
    }

    [Fact]
    public void A_tensor_that_is_moved_out_outlives_its_scope()
    {
        var before = TorchRuntime.LiveTensors;
        torch.Tensor kept;
        using (var outer = torch.NewDisposeScope())
        {
            using (var inner = torch.NewDisposeScope())
            {
                var a = torch.ones(3);
                kept = (a + 1).MoveToOuterDisposeScope();
                Assert.Equal(1, inner.DisposablesCount);
            }

            Assert.False(kept.IsInvalid);
            Assert.Equal(1, outer.DisposablesCount);
            kept.DetachFromDisposeScope();
        }

        Assert.Equal([2f, 2f, 2f], kept.data<float>().ToArray());
        kept.Dispose();
        Assert.Equal(before, TorchRuntime.LiveTensors);
    }

    [Fact]
    public void A_scope_can_be_emptied_but_for_what_is_still_needed()
    {
        using var scope = torch.NewDisposeScope();
        var a = torch.ones(3);
        var b = a + 1;
        scope.DisposeEverythingBut(b);
        Assert.True(a.IsInvalid);
        Assert.False(b.IsInvalid);
        Assert.Equal(1, scope.DisposablesCount);
    }

    [Fact]
    public void The_finaliser_frees_what_nobody_disposed_of()
    {
        // What other tests forgot goes first.
        Collect();
        var before = TorchRuntime.LiveTensors;
        Forget();
        Assert.Equal(before + 50, TorchRuntime.LiveTensors);
        Collect();
        Assert.Equal(before, TorchRuntime.LiveTensors);

        static void Collect()
        {
            for (var i = 0; i < 3; i++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        }

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static void Forget()
        {
            for (var i = 0; i < 50; i++) _ = torch.ones(100);
        }
    }
}
