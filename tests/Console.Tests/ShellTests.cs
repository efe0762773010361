using OrleansTagging.Commands.Experiments;
using OrleansTagging.Commands.Shell;

namespace OrleansTagging.Commands.Tests;

public sealed class ShellTests
{
    [Fact]
    public void A_sparkline_spans_from_the_lowest_to_the_highest_and_averages_where_it_is_short()
    {
        Assert.Equal("▁▅█", Sparkline.Of([1, 2.1, 3], 10));
        Assert.Equal("▁█", Sparkline.Of([1, 1, 3, 5], 2));
        Assert.Equal("▅▅", Sparkline.Of([2, 2], 10));
        Assert.Equal("██░░", Sparkline.Bar(0.5, 4));
    }

    [Fact]
    public void Keys_edit_the_line_and_bring_earlier_lines_back()
    {
        var buffer = new LineBuffer(["list", "watch demo"]);
        Type(buffer, "wach demo");
        Press(buffer, ConsoleKey.Home);
        Press(buffer, ConsoleKey.RightArrow);
        Press(buffer, ConsoleKey.RightArrow);
        Type(buffer, "t");
        Assert.Equal(("watch demo", 3), (buffer.Text, buffer.Cursor));
        Press(buffer, ConsoleKey.K, control: true);
        Assert.Equal("wat", buffer.Text);
        Press(buffer, ConsoleKey.UpArrow);
        Press(buffer, ConsoleKey.UpArrow);
        Assert.Equal("list", buffer.Text);
        Press(buffer, ConsoleKey.DownArrow);
        Press(buffer, ConsoleKey.W, control: true);
        Assert.Equal("watch ", buffer.Text);
        Press(buffer, ConsoleKey.DownArrow);
        Assert.Equal("wat", buffer.Text);
    }

    [Fact]
    public void Tab_completes_as_far_as_the_choices_agree()
    {
        var buffer = new LineBuffer([]);
        Type(buffer, "watch de");
        Assert.Empty(buffer.Complete(["demo", "demo-2", "other"]));
        Assert.Equal("watch demo", buffer.Text);
        Assert.Equal(["demo", "demo-2"], buffer.Complete(["demo", "demo-2", "other"]));
        Type(buffer, "-");
        Assert.Empty(buffer.Complete(["demo", "demo-2", "other"]));
        Assert.Equal("watch demo-2 ", buffer.Text);
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("pwsh")]
    public async Task Every_shell_has_its_script(string shell)
    {
        var answer = await Invocation.OfAsync("completion", shell);
        answer.Succeeded();
        Assert.Contains("[suggest:", answer.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_shell_asks_for_is_answered_with_commands_and_names()
    {
        var answer = await Invocation.OfAsync("[suggest:3]", "wat");
        answer.Succeeded();
        Assert.Contains("watch", answer.Out.Split('\n'));
    }

    private static void Type(LineBuffer buffer, string text)
    {
        foreach (var letter in text)
        {
            buffer.Press(new ConsoleKeyInfo(letter, ConsoleKey.None, shift: false, alt: false, control: false));
        }
    }

    private static void Press(LineBuffer buffer, ConsoleKey key, bool control = false) =>
        buffer.Press(new ConsoleKeyInfo('\0', key, shift: false, alt: false, control));
}
