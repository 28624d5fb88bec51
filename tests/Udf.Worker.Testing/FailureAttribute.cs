namespace Udf.Worker.Testing;

/// <summary>
/// Says that a test provokes a failure that <c>docs/failures.md</c> lists. <c>FailureListTests</c> reads it in the source: each row there has a test, and each test named so has a row.
/// </summary>
/// <param name="row">The beginning of the row's first cell, as much of it as no other row begins with.</param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class FailureAttribute(string row) : Attribute
{
    public string Row { get; } = row;
}
