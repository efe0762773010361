using Orleans;
using OrleansTagging.Abstractions;

namespace OrleansTagging.Grains;

/// <summary>Wakes whoever waits for a part.</summary>
internal static class GrainWaking
{
    /// <summary>Sends the parent's wake-up; it returns when the message is on its way.</summary>
    public static Task Wake(this IGrainFactory grains, Parent parent) => parent.Kind switch
    {
        ParentKind.Experiment => grains.GetGrain<IExperimentGrain>(parent.Key).Wake(),
        ParentKind.Curriculum => grains.GetGrain<ICurriculumGrain>(parent.Key).Wake(),
        ParentKind.Member => grains.GetGrain<IEnsembleMemberGrain>(parent.Key).Wake(),
        _ => grains.GetGrain<IFoldGrain>(parent.Key).Wake(),
    };
}
