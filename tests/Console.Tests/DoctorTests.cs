namespace OrleansTagging.Commands.Tests;

public sealed class DoctorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_doctor_looks_at_all_there_is_and_names_a_cure_for_what_is_bad()
    {
        var answer = await Invocation.OfAsync("doctor", "--json", "--store", _folder["none"]);
        var findings = answer.Json.EnumerateArray().ToDictionary(
            finding => finding.GetProperty("what").GetString() + finding.GetProperty("found").GetString(),
            finding => (
                Good: finding.GetProperty("isGood").GetBoolean(),
                Cure: finding.TryGetProperty("cure", out var cure) ? cure.GetString() : null));
        foreach (var what in (string[])["sdk", "libtorch", "libstdc++", "devices", "store", "port"])
        {
            Assert.Contains(findings, finding => finding.Key.StartsWith(what, StringComparison.Ordinal));
        }
        Assert.All(findings.Values, finding => Assert.True(finding.Good || finding.Cure is not null));
        Assert.Equal(findings.Values.All(finding => finding.Good) ? ExitCode.Success : ExitCode.Fault, answer.Code);
        Assert.True(findings.Single(finding => finding.Key.StartsWith("sdk", StringComparison.Ordinal)).Value.Good);
        // Looking makes no store.
        Assert.False(Directory.Exists(_folder["none"]));
    }

    [Fact]
    public async Task A_machine_without_the_trainer_is_told_how_to_get_it()
    {
        var (code, data, _) = await TaggingProcess.RunAsync(
            _folder.Root, new Dictionary<string, string> { ["TAGGING_TRAINER"] = _folder["none.dll"] }, "doctor");
        Assert.Equal(ExitCode.Fault, code);
        Assert.Contains("BAD   libtorch", data, StringComparison.Ordinal);
        Assert.Contains("eng/setup.sh", data, StringComparison.Ordinal);
    }
}
