using OrleansTagging.Abstractions;

namespace OrleansTagging.Grains;

/// <summary>Tells the scheduler an experiment's standing, unless it was the last thing told.</summary>
internal sealed class StandingNews(Func<ExperimentStanding, Task> tell)
{
    private ExperimentStanding? _told;

    /// <summary>Tells the standing, if it is news.</summary>
    public async Task Tell(ExperimentStanding standing)
    {
        if (_told != standing)
        {
            _told = null;
            await tell(standing);
            _told = standing;
        }
    }

    /// <summary>Lets the next standing be told in any case: a call that timed out may have come after the one that followed it.</summary>
    public void Forget() => _told = null;
}
