using System.Runtime.CompilerServices;
using static TorchSharp.torch;

// Tests count live tensors and share the library's threads.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace OrleansTagging.Learning.Tests;

internal static class OneAtATime
{
    // The tensors here are too small to be worth a second thread.
    [ModuleInitializer]
    internal static void UseOneThread() => set_num_threads(1);
}
