namespace Udf.Worker.Direct.Internal;

/// <summary>A worker died while a payload ran on it.</summary>
/// <param name="At">When.</param>
/// <param name="Evidence">How it ended; the last part of it if it is long.</param>
internal readonly record struct PayloadDeath(TimeSpan At, string Evidence);
