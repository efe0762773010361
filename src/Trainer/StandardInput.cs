using OrleansTagging.Labels;
using OrleansTagging.Recipe;

namespace OrleansTagging.Trainer;

/// <summary>
/// Standard input: the job's document in one line, then silence. Whoever started this process holds the other end; when it is closed, be it
/// because that process was killed, the job is stopped, so that a Trainer never outlives its silo.
/// </summary>
internal static class StandardInput
{
    /// <summary>Reads the job, then watches for the end of the input.</summary>
    /// <param name="ended">Called when the input ends.</param>
    /// <param name="stop">Ends the wait for the job.</param>
    /// <exception cref="InputException">The line is missing or no job's document.</exception>
    public static async Task<JobDocument> ReadJobAsync(Action ended, CancellationToken stop)
    {
        var input = new StreamReader(Console.OpenStandardInput());
        var line = await input.ReadLineAsync(stop)
            ?? throw new InputException("standard input: it ended before the job's document was read.");
        var document = JobDocument.Parse(line, "standard input");
        // A thread of its own: the pool's threads may all be busy, and a blocked read must not take one.
        new Thread(() => Watch(input, ended)) { IsBackground = true, Name = "end of standard input" }.Start();
        return document;
    }

    private static void Watch(StreamReader input, Action ended)
    {
        try
        {
            while (input.Read() >= 0)
            {
            }
        }
        catch (IOException)
        {
            // A broken pipe is an end, too.
        }
        ended();
    }
}
