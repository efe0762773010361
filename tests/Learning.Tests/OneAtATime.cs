// Tests count live tensors and share the library's threads.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
