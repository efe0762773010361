using System.Text.Json;

namespace OrleansTagging.Commands.Tests;

/// <summary>What one command line did, run in this process.</summary>
public sealed record Invocation(int Code, string Out, string Error)
{
    /// <summary>Runs a command line.</summary>
    public static async Task<Invocation> OfAsync(params string[] args)
    {
        using var data = new StringWriter();
        using var messages = new StringWriter();
        var code = await CommandLine.InvokeAsync(args, new Terminal(data, messages), TestContext.Current.CancellationToken);
        return new Invocation(code, data.ToString(), messages.ToString());
    }

    /// <summary>The data as JSON.</summary>
    public JsonElement Json => JsonDocument.Parse(Out).RootElement;

    /// <summary>Asserts that the command line was refused with one line that says all of this.</summary>
    public void Refused(params string[] parts)
    {
        Assert.Equal("", Out);
        var line = Assert.Single(Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        foreach (var part in parts)
        {
            Assert.Contains(part, line, StringComparison.Ordinal);
        }
        Assert.Equal(ExitCode.BadInput, Code);
    }

    /// <summary>Asserts that the command did what it was asked.</summary>
    public Invocation Succeeded()
    {
        Assert.True(Code == ExitCode.Success, $"exit code {Code}: {Error}");
        return this;
    }
}
