using Microsoft.Playwright;
using OrleansTagging.Silo.Tests;

namespace OrleansTagging.Dashboard.Tests;

/// <summary>
/// Makes the pictures of <c>docs/images</c> from the store that <c>eng/demo.sh</c> leaves. Run with <c>-explicit only</c>; the tests of every
/// day leave them alone.
/// </summary>
[Collection(Site.Name)]
public sealed class PictureTests(Site site)
{
    [Theory(Explicit = true)]
    [InlineData("experiment", "/experiments/demo", "[data-key=curve] canvas", ColorScheme.Light)]
    [InlineData("round", "/experiments/demo/rounds/main/3", "#what-if", ColorScheme.Light)]
    [InlineData("clip", "/experiments/demo/clips/main/0030d3aa.wav", "[data-key=clip] canvas", ColorScheme.Dark)]
    public async Task A_picture_of_the_demo(string name, string page, string drawn, ColorScheme scheme)
    {
        var store = Path.Combine(Site.Root, "artifacts", "demo", "store");
        Assert.SkipUnless(Directory.Exists(store), $"There is no {store}; run eng/demo.sh.");
        using var silo = SiloProcess.Start($"--Tagging:Store={store}", "--Tagging:CpuSlots=1");
        await silo.ReadyAsync();
        await using var visit = await site.VisitAsync(page, scheme, silo.Http.BaseAddress!.ToString().TrimEnd('/'));
        await visit.Page.Locator(drawn).WaitForAsync();
        await Task.Delay(500);
        var images = Directory.CreateDirectory(Path.Combine(Site.Root, "docs", "images")).FullName;
        await visit.Page.ScreenshotAsync(new() { Path = Path.Combine(images, $"{name}.png") });
    }
}
