using System.CommandLine;
using OrleansTagging.Commands.Options;
using OrleansTagging.Labels;
using OrleansTagging.Recipe;

namespace OrleansTagging.Commands.Features;

/// <summary><c>features</c>: what a model hears of one clip, as an array that Python opens.</summary>
internal sealed class FeaturesCommand : TaggingCommand
{
    private readonly Terminal _terminal;
    private readonly PathOption _audio = new("--audio", "FILE", "A clip: WAV, FLAC or Ogg");
    private readonly Option<string> _descriptor = new("--descriptor")
    {
        HelpName = "NAME",
        Description = "Name of the features: mel_<fft>_<hop>_<bands> or stft_<fft>_<hop>",
        Required = true,
    };

    private readonly PathOption _out = new("--out", "FILE", "The features: .npy, float32, [bands][frames]");
    private readonly JsonOption _json = new();

    public FeaturesCommand(Terminal terminal) : base(
        "features",
        "Computes the features of one clip, at the clip's own rate.",
        "tagging features --audio bell.wav --descriptor mel_2048_1024_128 --out bell.npy")
    {
        _terminal = terminal;
        Options.Add(_audio);
        Options.Add(_descriptor);
        Options.Add(_out);
        Options.Add(_json);
    }

    protected override async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var descriptor = FeatureDescriptor.Parse(line.GetRequiredValue(_descriptor));
        var audio = line.GetRequiredValue(_audio);
        if (!File.Exists(audio))
        {
            throw new InputException($"{audio}: there is no such file.");
        }
        var path = line.GetRequiredValue(_out);
        OutputFile.Prepare(path);
        var (bands, frames) = (0, 0);
        await OutputFile.WriteAsync(path, async partial =>
        {
            await ComputeAsync(audio, descriptor, partial, cancellationToken);
            (bands, frames) = await NpyShape.ReadAsync(partial, cancellationToken);
        });
        if (line.GetValue(_json))
        {
            _terminal.WriteJson(new { File = path, Descriptor = descriptor.ToString(), Bands = bands, Frames = frames });
        }
        else
        {
            _terminal.Out.WriteLine(
                $"{descriptor} of {audio}: {Figures.Count(bands)} bands, {Figures.Count(frames)} frames, written to {path}");
        }
        return ExitCode.Success;
    }

    private static async Task ComputeAsync(string audio, FeatureDescriptor descriptor, string path, CancellationToken cancellationToken)
    {
        var (code, error) = await TrainerProgram.RunAsync(
            ["features", "--audio", audio, "--descriptor", descriptor.ToString(), "--out", path], cancellationToken);
        // A fault's stack follows below its first line.
        var said = error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).FirstOrDefault();
        if (code == ExitCode.BadInput)
        {
            throw new InputException(said ?? $"{audio}: the Trainer could not use the clip.");
        }
        if (code != ExitCode.Success)
        {
            throw new InvalidOperationException($"The Trainer ended with exit code {Figures.Count(code)}: {said ?? "it said nothing"}");
        }
    }
}
