using FsCheck;
using FsCheck.Fluent;

namespace OrleansTagging.Rules.Tests;

public sealed class CurriculumTests(ITestOutputHelper output)
{
    private const int Count = 3000;

    private static readonly string[] s_undisturbed = [.. Enumerable.Range(0, CurriculumWorld.Files).Select(CurriculumWorld.Undisturbed)];

    private enum Kind
    {
        Submit, Drive, EndFold, Stop, Crash, FailNextWrite,
    }

    private readonly record struct Operation(Kind Kind, int Some)
    {
        public override string ToString() => $"{Kind} {Some}";
    }

    [Fact]
    public void Whatever_happens_a_curriculum_takes_each_step_once_and_ends_as_if_nothing_had() => Sequences.Hold(
        from kind in Gen.Frequency(
            (8, Gen.Constant(Kind.EndFold)), (8, Gen.Constant(Kind.Drive)), (6, Gen.Elements(Enum.GetValues<Kind>())))
        from some in Gen.Choose(0, CurriculumWorld.Files - 1)
        select new Operation(kind, some), Count, Holds, output);

    private static void Holds(Operation[] happened)
    {
        var world = new CurriculumWorld();
        var file = happened[0].Some;
        world.Submit(file);
        foreach (var operation in happened)
        {
            switch (operation.Kind)
            {
                case Kind.Submit:
                    world.Submit(file = operation.Some);
                    break;
                case Kind.Drive:
                    world.Drive();
                    break;
                case Kind.EndFold:
                    world.EndFold(operation.Some % CurriculumWorld.Folds);
                    break;
                case Kind.Stop:
                    world.Stop();
                    break;
                case Kind.Crash:
                    world.Crash();
                    break;
                case Kind.FailNextWrite:
                    world.FailNextWrite();
                    break;
            }
        }
        Assert.Equal(s_undisturbed[file], world.ComeToAnEnd(file));
    }
}
