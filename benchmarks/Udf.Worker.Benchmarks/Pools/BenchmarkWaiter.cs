using Udf.Worker.Direct.Internal;

namespace Udf.Worker.Benchmarks.Pools;

/// <summary>A caller that waits for the first worker.</summary>
internal sealed class BenchmarkWaiter : PoolWaiter;
