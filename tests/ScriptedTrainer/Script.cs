using System.Globalization;
using OrleansTagging.Recipe;

namespace OrleansTagging.ScriptedTrainer;

/// <summary>How this run is to end.</summary>
internal enum Fate
{
    Work,
    Crash,
    BadInput,
    Wait,
    Fault,
    Kill,
    Memory,
    Hang,
    NoResult,
    BadResult,
}

/// <summary>
/// What a test wants of the Trainer: the file <c>script.txt</c> in the store, or in the folder <c>$SCRIPT_FOLDER</c> where the store is none,
/// a line each: <c>crash train 2</c> ends the first two runs of every training job, <c>bad-input predict</c> refuses predictions,
/// <c>wait train</c> trains until it is stopped or the line is gone.
/// </summary>
internal sealed class Script
{
    /// <summary>Environment variable that names the script's folder.</summary>
    public const string Place = "SCRIPT_FOLDER";

    private readonly string _log;

    private Script(string log, Fate fate) => (_log, Fate) = (log, fate);

    public Fate Fate { get; }

    public IReadOnlyList<string> Says => Fate is Fate.Work or Fate.Wait ? [] : [$"about to {Fate.ToString().ToLowerInvariant()}"];

    public static Script Read(string root, JobDocument document)
    {
        var path = Path.Combine(root, "script.txt");
        var log = Path.Combine(root, "trainer.log");
        var runs = File.Exists(log) ? ReadShared(log).Count(line => line.StartsWith(document.Id, StringComparison.Ordinal)) : 0;
        var kind = document.Train is null ? "predict" : "train";
        foreach (var line in File.Exists(path) ? ReadShared(path) : [])
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 2 || words[1] != kind)
            {
                continue;
            }
            var times = words.Length > 2 ? int.Parse(words[2], CultureInfo.InvariantCulture) : int.MaxValue;
            if (runs < times)
            {
                return new Script(log, words[0] switch
                {
                    "crash" => Fate.Crash,
                    "bad-input" => Fate.BadInput,
                    "wait" => Fate.Wait,
                    "fault" => Fate.Fault,
                    "kill" => Fate.Kill,
                    "memory" => Fate.Memory,
                    "hang" => Fate.Hang,
                    "no-result" => Fate.NoResult,
                    "bad-result" => Fate.BadResult,
                    _ => Fate.Work,
                });
            }
        }
        return new Script(log, Fate.Work);
    }

    public void Log(string line)
    {
        // .NET appends by writing at what was the end when the file was opened: two Trainers at once would write over each other's line.
        using var turn = Turn(_log + ".lock");
        using var file = new FileStream(_log, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        file.Write(System.Text.Encoding.UTF8.GetBytes(line + "\n"));
    }

    // A lock of its own: readers of the log do not wait for writers.
    private static FileStream Turn(string path)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                Thread.Sleep(1);
            }
        }
    }

    private static List<string> ReadShared(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(file);
        var lines = new List<string>();
        while (reader.ReadLine() is { } line)
        {
            lines.Add(line);
        }
        return lines;
    }
}
