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

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Training_batches_are_whole_and_what_is_left_of_the_shuffled_clips_is_dropped(bool byLength) =>
        Prop.ForAll(_lengths.ToArbitrary(), lengths =>
        {
            var batches = BatchPlan.ForTraining(lengths, 5, byLength, seed: 3, epoch: 2);
            Assert.Equal(BatchPlan.Steps(lengths.Length, 5), batches.Count);
            Assert.All(batches, batch => Assert.Equal(Math.Min(5, lengths.Length), batch.Length));
            var clips = batches.SelectMany(batch => batch).Order().ToArray();
            Assert.Equal(clips.Distinct(), clips);
            Assert.InRange(lengths.Length - clips.Length, 0, 4);
            Assert.All(clips, clip => Assert.InRange(clip, 0, lengths.Length - 1));
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Training_batches_depend_on_seed_and_epoch_alone(bool byLength)
    {
        var lengths = Enumerable.Range(1, 100).ToArray();
        Assert.Equal(BatchPlan.ForTraining(lengths, 8, byLength, 1, 0), BatchPlan.ForTraining(lengths, 8, byLength, 1, 0));
        Assert.NotEqual(BatchPlan.ForTraining(lengths, 8, byLength, 1, 0), BatchPlan.ForTraining(lengths, 8, byLength, 1, 1));
        Assert.NotEqual(BatchPlan.ForTraining(lengths, 8, byLength, 1, 0), BatchPlan.ForTraining(lengths, 8, byLength, 2, 0));
        // Which clips an epoch leaves out changes, too.
        Assert.NotEqual(
            BatchPlan.ForTraining(lengths, 8, byLength, 1, 0).SelectMany(batch => batch).Order(),
            BatchPlan.ForTraining(lengths, 8, byLength, 1, 1).SelectMany(batch => batch).Order());
    }

    [Fact]
    public void Little_of_a_training_batch_by_length_is_padding()
    {
        var lengths = SyntheticWaveforms.OfMixedLengths(512);
        var sizes = Enumerable.Range(0, lengths.Count).Select(lengths.Length).ToArray();
        var batches = BatchPlan.ForTraining(sizes, 16, byLength: true, 1, 0);
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
