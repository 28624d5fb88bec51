// Two cores, and tests that start processes: what is measured in one test must not be the load of another.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
