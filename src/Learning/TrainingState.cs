using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansTagging.Labels;
using OrleansTagging.Recipe;
using TorchSharp.Modules;

namespace OrleansTagging.Learning;

/// <summary>
/// All that changes in a training: what a checkpoint holds, and what the loop works on. There is no state of random numbers: each comes
/// from a key of its own.
/// </summary>
/// <remarks>
/// A checkpoint is a zip archive: <c>training.json</c> (whose it is, position, curve), <c>network.dat</c> and <c>optimizer.dat</c> in
/// TorchSharp's form, and where the best epoch is kept <c>best.dat</c>, <c>best.npy</c> and <c>honest.npy</c>. It is taken between two
/// steps of the optimiser, so that no gradient is pending.
/// </remarks>
public sealed partial class TrainingState
{
    // A time of its own would give every checkpoint other bytes; this is the earliest that the format knows.
    private static readonly DateTimeOffset _noTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly string _job;
    private readonly TaggingNetwork _network;
    private readonly OptimizerHelper _optimizer;

    /// <summary>The beginning of a training.</summary>
    /// <param name="order">The training.</param>
    /// <param name="network">Its network.</param>
    /// <param name="optimizer">Its optimiser.</param>
    /// <param name="best">Where the best epoch is kept, otherwise <c>null</c>.</param>
    internal TrainingState(TrainingOrder order, TaggingNetwork network, OptimizerHelper optimizer, BestEpoch? best) =>
        (_job, _network, _optimizer, Best) = (order.Job, network, optimizer, best);

    /// <summary>Whole epochs done in this training, validated.</summary>
    public int Epoch { get; private set; }

    /// <summary>Steps done of the next epoch.</summary>
    public int Step { get; private set; }

    /// <summary>Number of this state: one more after every step and every epoch of this training.</summary>
    public long Number { get; private set; }

    /// <summary>Sum of the losses of these steps.</summary>
    public double Losses { get; private set; }

    /// <summary>lwlrap on the validation clips when they were last predicted, if ever.</summary>
    public double? Lwlrap { get; private set; }

    /// <summary>The learning curve, a row an epoch, with those of the trainings that this one continues.</summary>
    public List<CurvePoint> Curve { get; } = [];

    /// <summary>The best epoch so far; <c>null</c> where the last one is kept.</summary>
    public BestEpoch? Best { get; }

    /// <summary>The network's weights after the best epoch.</summary>
    public byte[] BestWeights { get; private set; } = [];

    /// <summary>Mean loss of the epoch so far.</summary>
    public double Loss => Losses / Math.Max(1, Step);

    /// <summary>The network's weights as they are now.</summary>
    public byte[] Weights()
    {
        using var file = new MemoryStream();
        _network.save(file);
        return file.ToArray();
    }

    /// <summary>A step is done.</summary>
    internal void EndStep(double loss)
    {
        Losses += loss;
        Step++;
        Number++;
    }

    /// <summary>The steps of an epoch are done, and its validation where there was one.</summary>
    internal void EndEpoch(double rate, float[]? predictions, double? lwlrap)
    {
        Curve.Add(new CurvePoint(Curve.Count + 1, rate, Loss, lwlrap));
        Lwlrap = lwlrap ?? Lwlrap;
        if (Best is not null && Best.Consider(Curve.Count, predictions!, lwlrap!.Value))
        {
            BestWeights = Weights();
        }
        (Epoch, Step, Losses, Number) = (Epoch + 1, 0, 0, Number + 1);
    }

    /// <summary>The checkpoint of this moment.</summary>
    public byte[] Save()
    {
        using var file = new MemoryStream();
        using (var archive = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            var position = new Position
            {
                CodeVersion = CodeVersion.Learning,
                Job = _job,
                Epoch = Epoch,
                Step = Step,
                Number = Number,
                Losses = Losses,
                Lwlrap = Lwlrap,
                Curve = Curve,
                Best = Best is null ? null : new BestPosition(Best.Epoch, Best.Lwlrap, Best.Chosen),
            };
            Add(archive, "training.json", content => JsonSerializer.Serialize(content, position, Json.Default.Position));
            Add(archive, "network.dat", content => content.Write(Weights()));
            Add(archive, "optimizer.dat", content => content.Write(OptimizerState()));
            if (Best is { Epoch: > 0 })
            {
                Add(archive, "best.dat", content => content.Write(BestWeights));
                Add(archive, "best.npy", content => NpyFile.Write<float>(content, [Best.Predictions.Length], Best.Predictions));
                var honest = Best.HonestPredictions;
                Add(archive, "honest.npy", content => NpyFile.Write<float>(content, [honest.Length], honest));
            }
        }
        return file.ToArray();
    }

    /// <summary>Whose training a checkpoint is of.</summary>
    /// <exception cref="InvalidDataException">It is no checkpoint.</exception>
    public static CheckpointOrigin OriginOf(byte[] checkpoint)
    {
        using var archive = Open(checkpoint);
        var position = PositionOf(archive);
        return new CheckpointOrigin(position.Job, position.CodeVersion, position.Epoch, position.Step);
    }

    /// <summary>Goes on where this very training was, to the bit.</summary>
    /// <exception cref="InvalidDataException">It is no checkpoint, or one of another training.</exception>
    internal void Resume(byte[] checkpoint)
    {
        var position = Load(checkpoint);
        if (position.Job != _job)
        {
            throw new InvalidDataException($"the checkpoint is one of {position.Job}");
        }
        (Epoch, Step, Losses, Number) = (position.Epoch, position.Step, position.Losses, position.Number);
    }

    /// <summary>Begins where another training of the same network and clips ended.</summary>
    /// <exception cref="InputException">It is no checkpoint, or not of the same network, optimiser and clips.</exception>
    internal void Continue(byte[] checkpoint)
    {
        try
        {
            Load(checkpoint);
        }
        catch (InvalidDataException fault)
        {
            throw new InputException($"The training cannot continue from this checkpoint: {fault.Message}", fault);
        }
    }

    private Position Load(byte[] checkpoint)
    {
        using var archive = Open(checkpoint);
        var position = PositionOf(archive);
        try
        {
            _network.load(new MemoryStream(Read(archive, "network.dat")));
            using var optimizer = new BinaryReader(new MemoryStream(Read(archive, "optimizer.dat")));
            _optimizer.load_state_dict(optimizer);
            if (Best is not null && position.Best is { Epoch: > 0 } best)
            {
                BestWeights = Read(archive, "best.dat");
                Best.Restore(best.Epoch, best.Lwlrap, best.Chosen, Array(archive, "best.npy"), Array(archive, "honest.npy"));
            }
        }
        catch (Exception fault) when (
            fault is ArgumentException or FormatException or EndOfStreamException or KeyNotFoundException or InputException)
        {
            throw new InvalidDataException($"it does not fit this training: {fault.Message.ReplaceLineEndings(" ")}", fault);
        }
        Curve.AddRange(position.Curve);
        Lwlrap = position.Lwlrap;
        return position;
    }

    private byte[] OptimizerState()
    {
        using var file = new MemoryStream();
        using (var writer = new BinaryWriter(file))
        {
            _optimizer.save_state_dict(writer);
        }
        return file.ToArray();
    }

    private static void Add(ZipArchive archive, string name, Action<Stream> write)
    {
        var entry = archive.CreateEntry(name, CompressionLevel.NoCompression);
        entry.LastWriteTime = _noTime;
        using var content = entry.Open();
        write(content);
    }

    private static ZipArchive Open(byte[] checkpoint) => new(new MemoryStream(checkpoint, writable: false), ZipArchiveMode.Read);

    private static byte[] Read(ZipArchive archive, string name)
    {
        using var content = (archive.GetEntry(name) ?? throw new InvalidDataException($"it lacks {name}")).Open();
        using var file = new MemoryStream();
        content.CopyTo(file);
        return file.ToArray();
    }

    private static float[] Array(ZipArchive archive, string name) =>
        NpyFile.Read<float>(new MemoryStream(Read(archive, name)), name).Values;

    private static Position PositionOf(ZipArchive archive)
    {
        try
        {
            return JsonSerializer.Deserialize(Read(archive, "training.json"), Json.Default.Position)
                ?? throw new InvalidDataException("its training.json is empty");
        }
        catch (JsonException fault)
        {
            throw new InvalidDataException($"its training.json is damaged: {fault.Message.ReplaceLineEndings(" ")}", fault);
        }
    }

    private sealed record Position
    {
        public required string CodeVersion { get; init; }

        public required string Job { get; init; }

        public required int Epoch { get; init; }

        public required int Step { get; init; }

        public required long Number { get; init; }

        public required double Losses { get; init; }

        public double? Lwlrap { get; init; }

        public required IReadOnlyList<CurvePoint> Curve { get; init; }

        public BestPosition? Best { get; init; }
    }

    private sealed record BestPosition(int Epoch, double Lwlrap, NestedChoice[] Chosen);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    [JsonSerializable(typeof(Position))]
    private sealed partial class Json : JsonSerializerContext;
}

/// <summary>Whose training a checkpoint is of, and how far it is.</summary>
/// <param name="Job">The job's id.</param>
/// <param name="CodeVersion">Version of Learning that wrote it.</param>
/// <param name="Epoch">Whole epochs done.</param>
/// <param name="Step">Steps done of the next one.</param>
public sealed record CheckpointOrigin(string Job, string CodeVersion, int Epoch, int Step);
