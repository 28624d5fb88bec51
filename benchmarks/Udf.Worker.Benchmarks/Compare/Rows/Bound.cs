namespace Udf.Worker.Benchmarks.Compare;

/// <summary>What a figure is to be, as a ratio to another of the same round.</summary>
/// <param name="Of">The subject that is judged.</param>
/// <param name="Against">The subject that it is held against.</param>
/// <param name="Must">The worst that is enough.</param>
/// <param name="Aim">What is wanted, or <see langword="null"/> if that is all.</param>
internal sealed record Bound(string Of, string Against, double Must, double? Aim = null);
