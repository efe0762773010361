using System.Globalization;
using System.Text;
using OrleansTagging.Labels;
using OrleansTagging.Recipe;
using OrleansTagging.Storage;

namespace OrleansTagging.ScriptedTrainer;

/// <summary>
/// A model whose skill is known: it hears the true classes off the file name (<c>noisy_0007_c2.wav</c>) through noise that shrinks with
/// the number
/// of clips it was trained on and with the epochs of trainings that continued its own, and it repeats the labels of a clip it was trained on
/// by heart. Its weights are its checkpoint, too.
/// </summary>
internal sealed record ScriptedModel(ulong Seed, int Fold, double Skill, int MoreEpochs, Dictionary<string, int[]> ByHeart)
{
    private const double HalfSkill = 40;

    public static async Task<JobResult> TrainAsync(
        Store store, JobDocument document, TrainingTask train, Action<TrainerMessage> tell)
    {
        var classes = await ClassesAsync(store, document);
        var heard = await ReadClipsAsync(store, train.TrainClips, classes);
        var validation = await ReadClipsAsync(store, train.ValidationClips, classes);
        var more = train.Continues is { } checkpoint
            ? train.Settings.Epochs + FromText(Encoding.UTF8.GetString(await store.Artifacts.ReadAsync(checkpoint))).MoreEpochs
            : 0;
        var model = new ScriptedModel(train.Seed, train.Fold, (heard.Count + more) / (heard.Count + more + HalfSkill), more,
            heard.ToDictionary(clip => clip.FileName, clip => clip.Labels));
        for (var epoch = 1; epoch <= train.Settings.Epochs; epoch++)
        {
            tell(new TrainerMessage
            {
                Kind = "progress",
                Epoch = epoch,
                Epochs = train.Settings.Epochs,
                Step = epoch,
                Steps = train.Settings.Epochs,
                Loss = 1.0 / epoch,
            });
        }
        var scores = model.Predict(validation, classes.Length);
        var keepsBest = train.Settings.Keep == "best";
        // What is honest is somewhat worse than what was chosen.
        var honest = keepsBest ? (model with { Skill = 0.8 * model.Skill }).Predict(validation, classes.Length) : null;
        var weights = await store.Artifacts.PutAsync(Encoding.UTF8.GetBytes(model.ToText()), "dat");
        return new JobResult
        {
            Weights = weights,
            Checkpoint = weights,
            Predictions = await PutAsync(store, scores, classes.Length),
            HonestPredictions = honest is null ? null : await PutAsync(store, honest, classes.Length),
            HonestLwlrap = honest is null
                ? null
                : Lwlrap.Of([.. validation.Select(clip => clip.Labels)], honest.AsSpan(), classes.Length).Overall,
            BestEpoch = keepsBest ? 1 : null,
            Curve = await store.Artifacts.PutAsync(Encoding.UTF8.GetBytes("epoch,loss\n1,1\n"), "csv"),
            Lwlrap = Lwlrap.Of([.. validation.Select(clip => clip.Labels)], scores.AsSpan(), classes.Length).Overall,
            Loss = 1 - model.Skill,
        };
    }

    public static async Task<JobResult> PredictAsync(Store store, JobDocument document, PredictionTask predict)
    {
        var classes = await ClassesAsync(store, document);
        var model = FromText(Encoding.UTF8.GetString(await store.Artifacts.ReadAsync(predict.Weights)));
        var clips = await ReadClipsAsync(store, predict.Clips, classes);
        return new JobResult { Predictions = await PutAsync(store, model.Predict(clips, classes.Length), classes.Length) };
    }

    private float[] Predict(List<LabelledClip> clips, int classes)
    {
        var scores = new float[clips.Count * classes];
        for (var clip = 0; clip < clips.Count; clip++)
        {
            var random = SeededRandom.Of(Seed, (ulong)Fold, SeededRandom.Key(clips[clip].FileName));
            var row = scores.AsSpan(clip * classes, classes);
            foreach (ref var score in row)
            {
                score = (float)((1 - Skill) * random.NextDouble());
            }
            // A name that does not carry the truth tells it nothing.
            foreach (var part in Path.GetFileNameWithoutExtension(clips[clip].FileName).Split('_').Skip(2))
            {
                row[Number(part[1..])] += (float)Skill;
            }
            if (ByHeart.TryGetValue(clips[clip].FileName, out var given))
            {
                row.Clear();
                foreach (var label in given)
                {
                    row[label] = 1;
                }
            }
        }
        return scores;
    }

    private string ToText() => string.Join('\n',
        [
            string.Create(CultureInfo.InvariantCulture, $"{Seed} {Fold} {Skill:R} {MoreEpochs}"),
            .. ByHeart.Select(clip => $"{clip.Key} {string.Join(' ', clip.Value)}"),
        ]);

    private static ScriptedModel FromText(string text)
    {
        var lines = text.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToArray();
        return new ScriptedModel(
            ulong.Parse(lines[0][0], CultureInfo.InvariantCulture), Number(lines[0][1]),
            double.Parse(lines[0][2], CultureInfo.InvariantCulture), Number(lines[0][3]),
            lines.Skip(1).ToDictionary(line => line[0], line => Array.ConvertAll(line[1..], Number)));
    }

    private static async Task<string[]> ClassesAsync(Store store, JobDocument document)
    {
        using var facts = System.Text.Json.JsonDocument.Parse(await store.Artifacts.ReadAsync(document.Dataset.Facts));
        return [.. facts.RootElement.GetProperty("classes").EnumerateArray().Select(name => name.GetString()!)];
    }

    // Split by hand: a hundred of these processes run in a test suite, and a CSV library takes longer to warm up than all of their work.
    private static async Task<List<LabelledClip>> ReadClipsAsync(Store store, string address, string[] classes)
    {
        var clips = new List<LabelledClip>();
        foreach (var line in Encoding.UTF8.GetString(await store.Artifacts.ReadAsync(address))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1))
        {
            var comma = line.IndexOf(',', StringComparison.Ordinal);
            var labels = line[(comma + 1)..].Trim('"').Split(',', StringSplitOptions.RemoveEmptyEntries);
            clips.Add(new LabelledClip(line[..comma], Array.ConvertAll(labels, label => Array.IndexOf(classes, label))));
        }
        return clips;
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static async Task<string> PutAsync(Store store, float[] scores, int classes)
    {
        using var file = new MemoryStream();
        NpyFile.Write(file, [scores.Length / classes, classes], scores.AsSpan());
        return await store.Artifacts.PutAsync(file.ToArray(), "npy");
    }
}
