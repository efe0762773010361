using FsCheck;
using FsCheck.Fluent;

namespace OrleansTagging.Learning.Tests;

public sealed class BatchPlanTests
{
    private static readonly Gen<int[]> _lengths = Gen.Choose(1, 100_000).ArrayOf().Where(lengths => lengths.Length > 0);

    [Fact]
    public void Every_clip_is_predicted_once_and_padding_stays_under_a_tenth() => Prop.ForAll(_lengths.ToArbitrary(), lengths =>
    {
        var batches = BatchPlan.ForPrediction(lengths, mostClips: 16, mostSamples: 400_000);
        Assert.Equal(Enumerable.Range(0, lengths.Length), batches.SelectMany(batch => batch).Order());
        foreach (var batch in batches)
        {
            var longest = batch.Max(position => lengths[position]);
            var samples = batch.Sum(position => (long)lengths[position]);
            Assert.InRange(batch.Length, 1, 16);
            Assert.True(batch.Length == 1 || (long)longest * batch.Length <= 400_000);
            Assert.True((long)longest * batch.Length - samples <= 0.1 * longest * batch.Length);
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Every_clip_is_trained_on_once_an_epoch_in_batches_of_even_size() => Prop.ForAll(_lengths.ToArbitrary(), lengths =>
    {
        var batches = BatchPlan.ForTraining(lengths, 5, seed: 3, epoch: 2);
        Assert.Equal(BatchPlan.Steps(lengths.Length, 5), batches.Count);
        Assert.Equal(Enumerable.Range(0, lengths.Length), batches.SelectMany(batch => batch).Order());
        Assert.InRange(batches.Max(batch => batch.Length) - batches.Min(batch => batch.Length), 0, 1);
        Assert.InRange(batches.Max(batch => batch.Length), 1, 5);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Training_batches_depend_on_seed_and_epoch_alone()
    {
        var lengths = Enumerable.Range(1, 100).ToArray();
        Assert.Equal(BatchPlan.ForTraining(lengths, 8, 1, 0), BatchPlan.ForTraining(lengths, 8, 1, 0));
        Assert.NotEqual(BatchPlan.ForTraining(lengths, 8, 1, 0), BatchPlan.ForTraining(lengths, 8, 1, 1));
        Assert.NotEqual(BatchPlan.ForTraining(lengths, 8, 1, 0), BatchPlan.ForTraining(lengths, 8, 2, 0));
    }

    [Fact]
    public void Little_of_a_training_batch_is_padding()
    {
        var lengths = SyntheticWaveforms.OfMixedLengths(512);
        var sizes = Enumerable.Range(0, lengths.Count).Select(lengths.Length).ToArray();
        var batches = BatchPlan.ForTraining(sizes, 16, 1, 0);
        var padded = batches.Sum(batch => batch.Length * batch.Max(position => sizes[position]));
        Assert.InRange((padded - sizes.Sum()) / (double)padded, 0, 0.1);
    }

    [Fact]
    public void A_crop_lies_within_its_clip_and_changes_from_epoch_to_epoch()
    {
        var starts = new HashSet<int>();
        for (var epoch = 0; epoch < 20; epoch++)
        {
            var crop = ClipCrop.Sampled(4, 1000, 900, seed: 5, epoch);
            Assert.Equal(900, crop.Length);
            Assert.InRange(crop.Start, 0, 100);
            Assert.Equal(crop, ClipCrop.Sampled(4, 1000, 900, seed: 5, epoch));
            starts.Add(crop.Start);
        }
        Assert.InRange(starts.Count, 10, 20);
        Assert.Equal(new ClipCrop(4, 0, 900), ClipCrop.Sampled(4, 900, 900, 5, 0));
    }
}
