namespace OrleansTagging.Commands.Diagnosis;

/// <summary>What a look at one thing found.</summary>
/// <param name="What">The thing: <c>sdk</c>, <c>libtorch</c>, …</param>
/// <param name="IsGood">Whether it is as it must be.</param>
/// <param name="Found">What it is.</param>
/// <param name="Cure">What to do, where it is not as it must be, or could be better.</param>
internal sealed record Finding(string What, bool IsGood, string Found, string? Cure = null);
