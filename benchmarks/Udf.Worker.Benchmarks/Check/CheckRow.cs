using Udf.Worker.Benchmarks.Compare;

namespace Udf.Worker.Benchmarks.Check;

/// <summary>Something that must not cost more than it does.</summary>
/// <param name="Title">The name in the table.</param>
/// <param name="Subject">What is run.</param>
/// <param name="Count">How many messages a round has, in each session.</param>
/// <param name="Ceilings">What a message may cost.</param>
internal sealed record CheckRow(string Title, SubjectDescription Subject, int Count, Ceilings Ceilings);
