using System.Numerics;
using System.Reflection;
using OrleansTagging.Build;

namespace OrleansTagging.Trainer.Tests;

public sealed class WeakVersionNeedTests
{
    private const string Version = "GLIBCXX_3.4.32";
    private const string Symbol = "_ZSt21ios_base_library_initv";

    private static readonly string s_package = typeof(WeakVersionNeedTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(item => item.Key == "TorchSharp").Value!;

    private static readonly string s_output =
        Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native", "libLibTorchSharp.so");

    [Fact]
    public void The_library_that_runs_differs_from_the_package_in_one_bit()
    {
        OnLinux();
        var (package, output) = (File.ReadAllBytes(s_package), File.ReadAllBytes(s_output));
        Assert.Equal(package.Length, output.Length);
        var bits = package.Zip(output, (before, after) => BitOperations.PopCount((uint)(before ^ after))).Sum();
        Assert.Equal(1, bits);
    }

    [Fact]
    public void Setting_the_bit_again_changes_nothing()
    {
        OnLinux();
        var image = File.ReadAllBytes(s_output);
        Assert.Null(WeakVersionNeed.Set(image, Version, Symbol));
        Assert.Equal(File.ReadAllBytes(s_output), image);
    }

    [Theory]
    [InlineData("GLIBCXX_9.9", Symbol, "it does not need GLIBCXX_9.9")]
    [InlineData(Version, "_another", "it needs GLIBCXX_3.4.32 for _ZSt21ios_base_library_initv, too")]
    [InlineData("GLIBC_2.2.5", Symbol, "it needs GLIBC_2.2.5 for ")]
    public void A_library_that_is_not_as_expected_stays_as_it_is(string version, string symbol, string reason)
    {
        OnLinux();
        var image = File.ReadAllBytes(s_package);
        Assert.StartsWith(reason, WeakVersionNeed.Set(image, version, symbol), StringComparison.Ordinal);
        Assert.Equal(File.ReadAllBytes(s_package), image);
    }

    [Fact]
    public void A_file_that_is_damaged_is_refused_with_a_reason()
    {
        OnLinux();
        var whole = File.ReadAllBytes(s_package);
        var random = new Random(1);
        for (var attempt = 0; attempt < 300; attempt++)
        {
            // Cut short, or with a damaged header; the tables lie near the end.
            var image = attempt % 2 == 0 ? whole[..random.Next(whole.Length)] : (byte[])whole.Clone();
            for (var damage = 0; attempt % 2 == 1 && damage < 8; damage++)
            {
                image[random.Next(64)] = (byte)random.Next(256);
            }
            var before = (byte[])image.Clone();
            var reason = WeakVersionNeed.Set(image, Version, Symbol);
            Assert.True(reason is null || before.AsSpan().SequenceEqual(image));
            Assert.True(attempt % 2 == 1 || reason is not null);
        }
        Assert.NotNull(WeakVersionNeed.Set([], Version, Symbol));
        Assert.NotNull(WeakVersionNeed.Set("MZ"u8.ToArray(), Version, Symbol));
    }

    private static void OnLinux() => Assert.SkipUnless(
        OperatingSystem.IsLinux() && File.Exists(s_output), "TorchSharp's library for Linux on x64 is not what this system runs.");
}
