using System.CommandLine;

namespace OrleansTagging.Commands.Options;

/// <summary>The name of an experiment that the store knows; a shell completes it.</summary>
internal sealed class ExperimentArgument : Argument<string>
{
    public ExperimentArgument() : base("EXPERIMENT")
    {
        Description = "Name of the experiment";
        // Without it the help lists the completions, and so whatever store is at hand.
        HelpName = "EXPERIMENT";
        CompletionSources.Add(StoredNames.Experiments);
    }
}
