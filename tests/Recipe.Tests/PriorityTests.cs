using OrleansTagging.Labels;

namespace OrleansTagging.Recipe.Tests;

public sealed class PriorityTests
{
    private const string Experiment = """
        name: one
        dataset: small
        models:
          mel: { features: mel_512_256_32 }
        members:
          one: { model: mel, selection: curated }
        ensemble: [one]
        """;

    [Fact]
    public void A_priority_is_read_and_makes_no_other_experiment_of_the_file()
    {
        var plain = ExperimentFile.Parse(Experiment, "one.yaml");
        var urgent = ExperimentFile.Parse($"priority: -7\n{Experiment}", "one.yaml");
        Assert.Null(plain.Priority);
        Assert.Equal(-7, urgent.Priority);
        Assert.Equal(plain.ToJson(), urgent.ToJson());
        Assert.Throws<InputException>(() => ExperimentFile.Parse($"priority: high\n{Experiment}", "one.yaml"));
        Assert.Throws<InputException>(() => ExperimentFile.Parse($"priority: [1, 2]\n{Experiment}", "one.yaml"));
    }
}
