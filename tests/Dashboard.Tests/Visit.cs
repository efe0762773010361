using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Playwright;

namespace OrleansTagging.Dashboard.Tests;

/// <summary>A page in the browser, and what it asked for.</summary>
internal sealed class Visit : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly string _site;
    private readonly ConcurrentQueue<string> _requests = [];
    private readonly ConcurrentQueue<string> _faults = [];

    private Visit(IBrowserContext context, IPage page, string site) => (_context, Page, _site) = (context, page, site);

    public IPage Page { get; }

    public static async Task<Visit> OpenAsync(IBrowser browser, string site, string address, ColorScheme scheme)
    {
        var context = await browser.NewContextAsync(new()
        {
            ColorScheme = scheme,
            ViewportSize = new() { Width = 1280, Height = 900 },
            ReducedMotion = ReducedMotion.Reduce,
        });
        // Far beyond what a loaded machine needs; it only ends a wait that would never end.
        context.SetDefaultTimeout(120_000);
        context.SetDefaultNavigationTimeout(120_000);
        var page = await context.NewPageAsync();
        var visit = new Visit(context, page, site);
        page.Request += (_, request) => visit._requests.Enqueue(request.Url);
        page.PageError += (_, fault) => visit._faults.Enqueue(fault);
        page.Console += (_, line) =>
        {
            if (line.Type == "error")
            {
                visit._faults.Enqueue(line.Text);
            }
        };
        await page.AddInitScriptAsync("""
            window.shift = 0;
            new PerformanceObserver((list) => list.getEntries().forEach((entry) => entry.hadRecentInput || (window.shift += entry.value)))
              .observe({ type: 'layout-shift', buffered: true });
            """);
        await page.GotoAsync($"{site}/#{address}");
        return visit;
    }

    /// <summary>Waits until a text stands on the page.</summary>
    public Task SeesAsync(string text) => Page.GetByText(text).First.WaitForAsync();

    /// <summary>Waits until an expression holds; Playwright's own wait evaluates text inside the page, which the page's policy forbids.</summary>
    public async Task UntilAsync(string expression)
    {
        while (!await Page.EvaluateAsync<bool>(expression))
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>
    /// Nothing was asked of anybody but the silo, nothing went wrong, nothing moved under the viewer's eyes, and axe finds names and
    /// contrasts in order.
    /// </summary>
    public async Task IsInOrderAsync()
    {
        Assert.All(_requests, url => Assert.True(
            url.StartsWith(_site + "/", StringComparison.Ordinal) || url.StartsWith("blob:" + _site, StringComparison.Ordinal)
            || url.StartsWith("data:", StringComparison.Ordinal), url));
        Assert.Empty(_faults);
        Assert.InRange(await Page.EvaluateAsync<double>("window.shift"), 0, 0.02);
        Assert.Equal("", await ViolationsAsync());
    }

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();

    private async Task<string> ViolationsAsync()
    {
        var axe = Path.Combine(Site.Root, "src", "Dashboard", "node_modules", "axe-core", "axe.min.js");
        Assert.SkipUnless(File.Exists(axe), $"There is no {axe}; run npm ci in src/Dashboard.");
        await Page.EvaluateAsync(await File.ReadAllTextAsync(axe));
        var found = await Page.EvaluateAsync<JsonElement>("axe.run().then((result) => result.violations)");
        return string.Join('\n', found.EnumerateArray().Select(violation =>
            $"{violation.GetProperty("id")}: {violation.GetProperty("help")}: "
            + string.Join(" | ", violation.GetProperty("nodes").EnumerateArray().Select(node => node.GetProperty("html").GetString()))));
    }
}
