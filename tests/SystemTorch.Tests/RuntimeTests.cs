using System.Runtime.InteropServices;
using OrleansTagging.SystemTorch;
using TorchSharp;

namespace OrleansTagging.SystemTorch.Tests;

public sealed class RuntimeTests
{
    [Fact]
    public void A_shape_that_does_not_fit_is_refused_with_libtorchs_own_words()
    {
        using var a = torch.zeros(2, 3);
        using var b = torch.zeros(4, 5);
        var error = Assert.Throws<ExternalException>(() => a.matmul(b));
        Assert.Contains("mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "libtorch threw something that is no std::exception")]
    [InlineData(1, "a standard exception")]
    [InlineData(2, "an exception of libtorch")]
    public void Whatever_native_code_throws_arrives_as_a_managed_exception(int what, string message)
    {
        var error = Assert.Throws<ExternalException>(() => NativeErrors.Check(NativeMethods.st_throw(what)));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tensor_after_its_disposal_is_refused_before_native_code_sees_it()
    {
        var a = torch.zeros(2);
        a.Dispose();
        Assert.Throws<InvalidOperationException>(() => a.add(1));
        Assert.True(a.IsInvalid);
    }

    [Fact]
    public void Libtorch_runs_on_the_openmp_flavour_of_OpenBLAS_and_no_other()
    {
        using var a = torch.ones(8, 8);
        using var b = a.matmul(a);
        Assert.Equal(8f, b[0, 0].item<float>());
        var files = TorchRuntime.BlasFiles;
        Assert.NotEmpty(files);
        Assert.All(files, file => Assert.Contains("openblas-openmp", file, StringComparison.Ordinal));
    }

    [Fact]
    public void A_missing_native_library_is_one_line_that_says_what_to_do()
    {
        var before = Environment.GetEnvironmentVariable("SYSTEMTORCH_LIBRARY");
        try
        {
            Environment.SetEnvironmentVariable("SYSTEMTORCH_LIBRARY", "/nowhere/libsystemtorch.so");
            var error = Assert.Throws<DllNotFoundException>(NativeLibraryLoader.LibraryPath);
            Assert.Equal(
                "SYSTEMTORCH_LIBRARY names /nowhere/libsystemtorch.so, which does not exist: name a libsystemtorch.so or unset it",
                error.Message);
        }
        finally
        {
            Environment.SetEnvironmentVariable("SYSTEMTORCH_LIBRARY", before);
        }
    }

    [Fact]
    public void Threads_are_as_many_as_the_environment_wishes_or_as_there_are_processors() =>
        Assert.Equal(NativeLibraryLoader.WantedThreads, torch.get_num_threads());

    [Fact]
    public void Freed_memory_is_used_again_for_a_tensor_of_its_size_class()
    {
        using (torch.zeros(300_001))
        {
        }

        var (fresh, reused, _) = TorchRuntime.AllocatorStatistics;
        for (var i = 0; i < 20; i++)
        {
            using var again = torch.empty(300_001 - i);
            Assert.Equal(0, again.Address() % 64);
        }

        var after = TorchRuntime.AllocatorStatistics;
        Assert.Equal(20, after.Reused - reused);
        Assert.Equal(fresh, after.Fresh);
    }

    [Fact]
    public void A_tensor_without_elements_needs_no_memory()
    {
        using var none = torch.zeros(0, 3);
        using var sum = none.sum();
        Assert.Equal(0f, sum.item<float>());
        Assert.Equal(0, none.bytes.Length);
    }

    [Fact]
    public void More_memory_than_there_is_is_an_exception()
    {
        var error = Assert.Throws<ExternalException>(() => torch.empty(1L << 50));
        Assert.Contains("no memory for a tensor", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_seed_gives_the_same_bytes()
    {
        Assert.Equal(Run(), Run());

        static byte[] Run()
        {
            using var scope = torch.NewDisposeScope();
            torch.manual_seed(11);
            using var network = Networks.Small();
            using var adam = torch.optim.Adam(network.parameters(), lr: 1e-2, amsgrad: true);
            var images = torch.randn(6, 2, 21, 17);
            for (var i = 0; i < 3; i++)
            {
                network.zero_grad();
                network.call(images).pow(2).mean().backward();
                adam.step();
            }

            using var stream = new MemoryStream();
            network.save(stream);
            return stream.ToArray();
        }
    }

    [Fact]
    public void A_state_of_the_random_numbers_can_be_returned_to()
    {
        torch.manual_seed(3);
        using var state = torch.get_rng_state();
        using var first = torch.rand(5);
        torch.set_rng_state(state);
        using var again = torch.rand(5);
        Assert.True(first.Equals(again));
    }

    [Fact]
    public void A_generator_has_numbers_of_its_own()
    {
        using var one = new torch.Generator(7);
        using var other = new torch.Generator(7);
        using var first = torch.rand(4, generator: one);
        using var unrelated = torch.rand(4);
        using var second = torch.rand(4, generator: other);
        Assert.True(first.Equals(second));
    }
}
