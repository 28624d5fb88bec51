namespace Udf.Worker.Direct.Tests.Pool;

/// <summary>One random step: what, and two numbers that choose with whom, out of those that there are.</summary>
internal sealed record PoolCommand(PoolCommandKind Kind, int Which, int How);
