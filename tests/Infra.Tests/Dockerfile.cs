namespace OrleansTagging.Infra.Tests;

/// <summary>A step of silo.Dockerfile.</summary>
/// <param name="Name"><c>FROM</c>, <c>RUN</c> and so on.</param>
/// <param name="Text">What follows, in one line.</param>
internal sealed record DockerfileStep(string Name, string Text);

/// <summary>silo.Dockerfile, step by step.</summary>
internal static class Dockerfile
{
    public static DockerfileStep[] Read()
    {
        var lines = Repository.Read("silo.Dockerfile").Split('\n').Where(line => !line.TrimStart().StartsWith('#'));
        var joined = string.Join('\n', lines).Replace("\\\n", " ", StringComparison.Ordinal);
        return [.. joined.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(line => line.Split(' ', 2, StringSplitOptions.TrimEntries))
            .Select(parts => new DockerfileStep(parts[0], parts[1]))];
    }

    /// <summary>Values of the arguments before the first stage.</summary>
    public static Dictionary<string, string> Arguments() => Read().TakeWhile(step => step.Name == "ARG")
        .Select(step => step.Text.Split('=', 2)).ToDictionary(parts => parts[0], parts => parts[1]);

    /// <summary>The steps of the last stage.</summary>
    public static DockerfileStep[] LastStage()
    {
        var steps = Read();
        return steps[Array.FindLastIndex(steps, step => step.Name == "FROM")..];
    }
}
