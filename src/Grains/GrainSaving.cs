using Orleans;
using Orleans.Runtime;

namespace OrleansTagging.Grains;

/// <summary>Writes a grain's state so that memory and store never part.</summary>
internal static class GrainSaving
{
    /// <summary>
    /// Writes the state. Where the store fails, the activation ends after this call: what it holds in memory is not what is stored, and
    /// the next
    /// activation reads afresh.
    /// </summary>
    public static async Task SaveAsync<T>(this IGrainBase grain, IPersistentState<T> state)
    {
        try
        {
            await state.WriteStateAsync();
        }
        catch
        {
            grain.DeactivateOnIdle();
            throw;
        }
    }
}
