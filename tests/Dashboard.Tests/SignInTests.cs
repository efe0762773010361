using System.Net;
using Microsoft.Playwright;
using OrleansTagging.Silo.Tests;

namespace OrleansTagging.Dashboard.Tests;

/// <summary>Signing in by Entra ID, in a browser, at somebody who speaks as it does.</summary>
[Collection(Site.Name)]
public sealed class SignInTests(Site site) : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("sign-in-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task A_viewer_signs_in_comes_back_to_the_page_and_sees_it()
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        Assert.SkipUnless(
            File.Exists(Path.Combine(own.Parent!.Parent!.FullName, "Silo", own.Name, "Microsoft.AspNetCore.Authentication.JwtBearer.dll")),
            "This build knows no sign-in by Entra ID.");
        var browser = await site.BrowserAsync();
        await using var provider = await IdentityProvider.StartAsync();
        var trusted = Path.Combine(_root, "trusted.pem");
        await File.WriteAllTextAsync(trusted, provider.Certificate, TestContext.Current.CancellationToken);
        using var silo = SiloProcess.Start(
            new Dictionary<string, string> { ["SSL_CERT_FILE"] = trusted },
            $"--Tagging:Store={Path.Combine(_root, "store")}", "--Tagging:Role=cpu", $"--Tagging:Entra:Authority={provider.Address}",
            $"--Tagging:Entra:Audience={IdentityProvider.ClientId}");
        await silo.ReadyAsync();
        Assert.Equal(HttpStatusCode.Unauthorized, await silo.StatusAsync("/api/scheduler"));
        Assert.Equal(HttpStatusCode.Unauthorized, await silo.StatusAsync("/api/scheduler", "no token of anybody's"));

        await using var context = await browser.NewContextAsync(new() { IgnoreHTTPSErrors = true });
        context.SetDefaultTimeout(120_000);
        var page = await context.NewPageAsync();
        var blocked = new List<string>();
        page.Console += (_, line) =>
        {
            if (line.Text.Contains("Content Security Policy", StringComparison.Ordinal))
            {
                blocked.Add(line.Text);
            }
        };
        var address = $"http://localhost:{silo.Http.BaseAddress!.Port}";
        await page.GotoAsync($"{address}/#/devices");
        await page.ClickAsync("#sign-in");
        // The heading stands there before anybody has signed in; the devices are told to whoever has.
        await page.GetByRole(AriaRole.Table, new() { Name = "Devices", Exact = true }).WaitForAsync();

        // Back where one was, and nothing of how one got there is left in the address.
        Assert.Equal($"{address}/#/devices", page.Url);
        await Assertions.Expect(page.Locator("dialog")).ToHaveCountAsync(0);
        Assert.Empty(blocked);
        Assert.Equal(200, await AskAsync(page, "GET", "/api/scheduler"));
        // Whoever has not been given the role may look, but change nothing.
        Assert.Equal(403, await AskAsync(page, "POST", "/api/experiments/none/pause"));
    }

    private static Task<int> AskAsync(IPage page, string method, string path) => page.EvaluateAsync<int>(
        """
        ([method, path]) => fetch(path, { method, headers: { Authorization: `Bearer ${sessionStorage.getItem('token')}` } })
          .then((answer) => answer.status)
        """,
        (string[])[method, path]);
}
