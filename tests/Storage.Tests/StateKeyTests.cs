using FsCheck;
using FsCheck.Fluent;

namespace OrleansTagging.Storage.Tests;

public sealed class StateKeyTests
{
    [Fact]
    public void Every_key_is_decoded_from_its_name() =>
        Prop.ForAll<char[]>(units => StateKey.Decode(StateKey.Encode(new string(units))) == new string(units))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void Two_keys_never_share_a_name_even_where_case_is_ignored() =>
        Prop.ForAll<char[], char[]>((one, other) => one.SequenceEqual(other)
                || !string.Equals(Name(new string(one)), Name(new string(other)), StringComparison.OrdinalIgnoreCase))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void The_name_of_a_prefix_is_a_prefix_of_the_name() =>
        Prop.ForAll<char[], byte>((units, length) => StateKey.Encode(new string(units))
                .StartsWith(StateKey.Encode(new string(units[..Math.Min(length, units.Length)])), StringComparison.Ordinal))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Theory]
    [InlineData("demo/mel@3", "demo,mel@3")]
    [InlineData("TrainingGrain/ab12", "^training^grain,ab12")]
    [InlineData("../etc", "%002e.,etc")]
    [InlineData("two words", "two%0020words")]
    public void Names_are_readable(string key, string name) => Assert.Equal(name, StateKey.Name(StateKey.Encode(key)));

    [Fact]
    public void A_name_fits_a_file_system_however_long_the_key()
    {
        var name = StateKey.Name(StateKey.Encode(new string('é', 5000)));
        Assert.InRange(name.Length, 1, 240);
        Assert.True(StateKey.IsShortened(name));
    }

    private static string Name(string key) => StateKey.Name(StateKey.Encode(key));
}
