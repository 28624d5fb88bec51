namespace Udf.Worker.Direct.Internal;

/// <summary>Why a payload is refused.</summary>
/// <param name="Deaths">Its deaths, the oldest first.</param>
/// <param name="Until">When it may run again, if no worker dies of it meanwhile.</param>
internal sealed record PoisonVerdict(IReadOnlyList<PayloadDeath> Deaths, TimeSpan Until);
