using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansTagging.Labels;

namespace OrleansTagging.Recipe;

/// <summary>
/// All that determines the result of one job: it trains one fold or predicts one list of clips. Its canonical JSON is what is hashed to
/// the job's id, so two experiments that ask for the same thing ask for the same job.
/// </summary>
public sealed record JobDocument
{
    /// <summary>Version of Learning's behaviour (<see cref="Recipe.CodeVersion.Learning"/>).</summary>
    public required string CodeVersion { get; init; }

    /// <summary>The packed dataset.</summary>
    public required DatasetReference Dataset { get; init; }

    /// <summary>The model.</summary>
    public required ModelSettings Model { get; init; }

    /// <summary>Accelerator that the job needs: <c>cpu</c> or <c>cuda</c>.</summary>
    public required string Device { get; init; }

    /// <summary>Threads on the CPU.</summary>
    public required int Threads { get; init; }

    /// <summary>What is trained; <c>null</c> in a prediction job.</summary>
    public TrainingTask? Train { get; init; }

    /// <summary>What is predicted; <c>null</c> in a training job.</summary>
    public PredictionTask? Predict { get; init; }

    /// <summary>
    /// The job's id: its device, a hyphen, and the first 32 hexadecimal digits of the SHA-256 of its canonical JSON. The device comes first
    /// so that whoever places the job can read it off the id.
    /// </summary>
    [JsonIgnore]
    public string Id => $"{Device}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(ToJson())))[..32]}";

    /// <summary>The canonical JSON: properties in the order of their declaration, no white space.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, RecipeJson.Default.JobDocument);

    /// <summary>Reads a document.</summary>
    /// <param name="json">The JSON.</param>
    /// <param name="name">What the message of an error calls it: a file's name.</param>
    /// <exception cref="InputException">It is no JSON, lacks a property, has an unknown one, or is neither or both of a training and a
    /// prediction job.</exception>
    public static JobDocument Parse(string json, string name)
    {
        JobDocument document;
        try
        {
            document = JsonSerializer.Deserialize(json, RecipeJson.Default.JobDocument)
                ?? throw new InputException($"{name}: the job's document is empty.");
        }
        catch (JsonException fault)
        {
            throw new InputException($"{name}: not a job's document: {fault.Message.ReplaceLineEndings(" ")}", fault);
        }
        if (document.Train is null == document.Predict is null)
        {
            throw new InputException($"{name}: a job either trains or predicts; give one of 'train' and 'predict'.");
        }
        return document;
    }
}

/// <summary>The packed dataset that a job reads: its version and the artifacts' addresses.</summary>
public sealed record DatasetReference
{
    /// <summary>Content hash of the dataset.</summary>
    public required string Version { get; init; }

    /// <summary>Address of <c>audio.npy</c>: float32, all clips' samples one after another.</summary>
    public required string Audio { get; init; }

    /// <summary>Address of <c>clips.csv</c>: the index of the clips.</summary>
    public required string Clips { get; init; }

    /// <summary>Address of <c>dataset.json</c>: rate, classes, counts.</summary>
    public required string Facts { get; init; }
}

/// <summary>The training of one fold.</summary>
public sealed record TrainingTask
{
    /// <summary>Seed of the experiment.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The fold, counted from 0.</summary>
    public required int Fold { get; init; }

    /// <summary>
    /// How it is trained. <see cref="TrainingSettings.MoreEpochs"/> has no place here: each further training is a job of its own, so that
    /// the job of the first one is the same with them and without.
    /// </summary>
    public required TrainingSettings Settings { get; init; }

    /// <summary>
    /// Address of the checkpoint (<see cref="JobResult.Checkpoint"/>) of the training that this one continues; <c>null</c> where it begins
    /// with drawn weights.
    /// </summary>
    public string? Continues { get; init; }

    /// <summary>Address of the clips to train on: a label file (<c>fname,labels</c>).</summary>
    public required string TrainClips { get; init; }

    /// <summary>Address of the clips to validate on: a label file (<c>fname,labels</c>).</summary>
    public required string ValidationClips { get; init; }
}

/// <summary>The prediction of a list of clips.</summary>
public sealed record PredictionTask
{
    /// <summary>Address of the weights.</summary>
    public required string Weights { get; init; }

    /// <summary>Address of the clips to predict: a label file (<c>fname,labels</c>) whose labels are not read.</summary>
    public required string Clips { get; init; }
}

/// <summary>What a job left behind: addresses of artifacts and the figures that are shown everywhere.</summary>
public sealed record JobResult
{
    /// <summary>Address of the trained weights (TorchSharp's state dictionary); <c>null</c> for a prediction.</summary>
    public string? Weights { get; init; }

    /// <summary>
    /// Address of the predictions, <c>.npy</c> float32 [clips, classes], probabilities, rows in the order of the label file: of the
    /// validation clips by the kept weights for a training, of the listed clips for a prediction.
    /// </summary>
    public required string Predictions { get; init; }

    /// <summary>
    /// Address of the validation clips' honest predictions where the best epoch is kept, in the same form: every clip's by the epoch that
    /// is best on other clips than it. <c>null</c> where the last epoch is kept, whose predictions chose nothing.
    /// </summary>
    public string? HonestPredictions { get; init; }

    /// <summary>Address of the learning curve, <c>.csv</c>; <c>null</c> for a prediction.</summary>
    public string? Curve { get; init; }

    /// <summary>
    /// Address of the state after the last epoch, from which another training can continue (<see cref="TrainingTask.Continues"/>): a
    /// <c>.zip</c> with the weights, the optimiser's moments and the curve; <c>null</c> for a prediction.
    /// </summary>
    public string? Checkpoint { get; init; }

    /// <summary>
    /// The epoch whose weights are kept, counted from 1 over this training and those it continues; <c>null</c> where the last is.
    /// </summary>
    public int? BestEpoch { get; init; }

    /// <summary>
    /// lwlrap on the validation clips of <see cref="Predictions"/>; <c>null</c> for a prediction. Where the best epoch is kept it flatters:
    /// it is the highest of many, measured on the clips that chose it.
    /// </summary>
    public double? Lwlrap { get; init; }

    /// <summary>lwlrap of <see cref="HonestPredictions"/>; <c>null</c> where there are none.</summary>
    public double? HonestLwlrap { get; init; }

    /// <summary>Mean loss of the last epoch; <c>null</c> for a prediction.</summary>
    public double? Loss { get; init; }
}

/// <summary>The JSON of this room: camelCase, unknown properties refused, nulls left out, deterministic.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(JobDocument))]
[JsonSerializable(typeof(JobResult))]
[JsonSerializable(typeof(TrainerMessage))]
[JsonSerializable(typeof(ExperimentFile))]
public sealed partial class RecipeJson : JsonSerializerContext;
