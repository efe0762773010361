using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;
using OrleansTagging.Grains.Live;

namespace OrleansTagging.Grains;

/// <summary>Writes a grain's state so that memory and store never part.</summary>
internal static class GrainSaving
{
    /// <summary>
    /// Writes the state. Where the store fails, the grain reads afresh what is stored, so that it tells nobody what is not on disk; where
    /// that fails too, the activation ends after this call, and the next one reads.
    /// </summary>
    public static async Task SaveAsync<T>(this IGrainBase grain, IPersistentState<T> state)
    {
        try
        {
            await state.WriteStateAsync();
        }
        catch
        {
            try
            {
                await state.ReadStateAsync();
            }
            catch
            {
                grain.DeactivateOnIdle();
            }
            throw;
        }
        // Not above: what goes wrong with the news is no failed write.
        grain.GrainContext.ActivationServices.GetService<GrainNews>()?.Written(grain.GrainContext.GrainId);
    }
}
