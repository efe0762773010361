using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace OrleansTagging.Dashboard.Tests;

[Collection(Site.Name)]
public sealed class PageTests(Site site)
{
    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task The_experiments_are_listed_with_where_they_stand(ColorScheme scheme)
    {
        await using var visit = await site.VisitAsync("/", scheme);

        var row = visit.Page.GetByRole(AriaRole.Row).Filter(new() { Has = visit.Page.GetByRole(AriaRole.Link, new() { Name = "tones", Exact = true }) });
        await row.WaitForAsync();
        await Assertions.Expect(row).ToContainTextAsync("done");
        await visit.IsInOrderAsync();
    }

    [Fact]
    public async Task A_file_that_is_refused_says_why()
    {
        await using var visit = await site.VisitAsync("/");
        await visit.SeesAsync("Submit an experiment");
        // By the keyboard alone.
        await visit.Page.GetByText("Submit an experiment").FocusAsync();
        await visit.Page.Keyboard.PressAsync("Enter");
        await visit.Page.GetByLabel("Experiment file (YAML)").FillAsync("name: tones\nfolts: 3\n");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Submit" }).PressAsync("Enter");

        await visit.SeesAsync("the file line 2");
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task An_experiment_shows_rounds_curves_members_and_where_all_comes_from(ColorScheme scheme)
    {
        await using var visit = await site.VisitAsync("/experiments/tones", scheme);
        var page = visit.Page;
        await page.GetByRole(AriaRole.Link, new() { Name = "main@2", Exact = true }).WaitForAsync();
        await page.Locator("[data-key=rounds] canvas").WaitForAsync();
        await page.Locator("[data-key=curve] canvas").WaitForAsync();
        await Assertions.Expect(page.Locator("#curve option")).ToHaveCountAsync(4);

        // Dataset, two rounds, two members, the ensemble; and lines between them.
        await Assertions.Expect(page.Locator(".lineage .node")).ToHaveCountAsync(6);
        await Assertions.Expect(page.Locator(".lineage .edge")).ToHaveCountAsync(6);
        await visit.IsInOrderAsync();
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task A_round_tells_what_another_cut_would_bring_in(ColorScheme scheme)
    {
        var scores = await site.GetAsync("/api/experiments/tones/curricula/main/rounds/2/scores");
        await using var visit = await site.VisitAsync("/experiments/tones/rounds/main/2", scheme);
        var page = visit.Page;
        await visit.SeesAsync("20 clips with an agreement of");
        await Assertions.Expect(page.Locator("#what-if")).ToContainTextAsync("0 would come in, 0 would go");

        // One more by the keyboard: its class is the one that grows.
        await page.Locator("#cut").FocusAsync();
        await page.Keyboard.PressAsync("ArrowRight");
        await visit.SeesAsync("21 clips with an agreement of");
        await Assertions.Expect(page.Locator("#what-if")).ToContainTextAsync("1 would come in, 0 would go");
        var next = scores.GetProperty("labels")[20][0].GetInt32();
        var grown = page.GetByRole(AriaRole.Row).Filter(new() { HasText = "+1" });
        await Assertions.Expect(grown).ToHaveTextAsync(new Regex("^" + Regex.Escape(scores.GetProperty("classes")[next].GetString()!)));

        // The line is dragged to the far left: all come in.
        var box = (await page.Locator(".histogram").BoundingBoxAsync())!;
        await page.Mouse.MoveAsync(box.X + box.Width / 2, box.Y + 50);
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(box.X + 1, box.Y + 50, new() { Steps = 4 });
        await page.Mouse.UpAsync();
        await visit.SeesAsync("60 clips with an agreement of");
        await visit.IsInOrderAsync();
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task A_clip_is_seen_and_heard_and_tells_its_rounds(ColorScheme scheme)
    {
        await using var visit = await site.VisitAsync("/experiments/tones/clips/main/noisy_0007_c2.wav", scheme);
        var page = visit.Page;
        await page.Locator("[data-key=clip] canvas").WaitForAsync();
        await visit.UntilAsync("document.querySelector('.spectrogram').naturalWidth === 100");
        await visit.UntilAsync("Math.abs(document.querySelector('audio').duration - 1) < 0.01");
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { NameRegex = new("^main@") })).ToHaveCountAsync(2);
        // Two rounds of two folds, each with the jobs that trained it and predicted with it.
        var models = page.GetByRole(AriaRole.Region, new() { Name = "What each model predicted" }).Locator("tbody tr");
        await Assertions.Expect(models).ToHaveCountAsync(4);
        await Assertions.Expect(models.First.GetByText("cpu-")).ToHaveCountAsync(2);
        await page.GetByRole(AriaRole.Region, new() { Name = "Who was trained on it" }).WaitForAsync();
        await visit.IsInOrderAsync();
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task A_member_shows_what_it_takes_for_what(ColorScheme scheme)
    {
        await using var visit = await site.VisitAsync("/experiments/tones/confusion/last", scheme);
        await visit.SeesAsync("Most confused");
        await Assertions.Expect(visit.Page.Locator(".matrix tbody tr")).ToHaveCountAsync(5);
        await visit.IsInOrderAsync();
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Devices_and_queue_are_shown(ColorScheme scheme)
    {
        await using var visit = await site.VisitAsync("/devices", scheme);
        await visit.SeesAsync("slots in use");
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Cell, new() { Name = "cpu", Exact = true })).ToHaveCountAsync(1);
        await visit.IsInOrderAsync();
    }

    [Fact]
    public async Task What_happens_is_on_the_screen_at_once_and_the_buttons_steer()
    {
        await using var list = await site.VisitAsync("/");
        await list.SeesAsync("Submit an experiment");
        await File.WriteAllTextAsync(Path.Combine(site.Store.Root, "script.txt"), "wait train\n");
        await site.SubmitAsync(SmallStore.Yaml.Replace("name: tones", "name: later", StringComparison.Ordinal)
            .Replace("seed: 3", "seed: 4", StringComparison.Ordinal));
        await list.Page.GetByRole(AriaRole.Link, new() { Name = "later", Exact = true }).ClickAsync();
        var page = list.Page;

        await page.GetByText("1 of 2").First.WaitForAsync();
        var bar = page.GetByRole(AriaRole.Progressbar, new() { NameRegex = new("^Steps of") }).First;
        await bar.WaitForAsync();
        var before = await bar.GetAttributeAsync("value");
        await Site.UntilAsync("the bar moves", async () => await bar.GetAttributeAsync("value") != before);

        await page.GetByRole(AriaRole.Button, new() { Name = "Pause" }).ClickAsync();
        await page.GetByText("its user to resume it").WaitForAsync();
        await page.GetByLabel("Priority").FillAsync("7");
        await page.GetByRole(AriaRole.Button, new() { Name = "Set" }).ClickAsync();
        await list.SeesAsync("Its priority is 7.");
        Assert.Equal(7, (await site.GetAsync("/api/experiments/later")).GetProperty("priority").GetInt32());

        page.Dialog += (_, dialog) => _ = dialog.AcceptAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await page.Locator(".badge.cancelled").WaitForAsync();
        File.Delete(Path.Combine(site.Store.Root, "script.txt"));
    }
}
