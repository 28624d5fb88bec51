namespace Udf.Worker;

/// <summary>One thing that is wrong with a <see cref="WorkerSpecification"/>.</summary>
/// <param name="Path">
/// Where it is, in the terms of the specification's JSON: <c>direct.runner.command[0]</c>, <c>session.staticConfig["name"]</c>.
/// </param>
/// <param name="Message">What is wrong, in a sentence.</param>
/// <param name="Remedy">What to do about it, in a sentence.</param>
public sealed record WorkerSpecificationProblem(string Path, string Message, string Remedy)
{
    /// <summary>Path, message and remedy as one line.</summary>
    /// <returns>The problem as a line of text.</returns>
    public override string ToString() => $"{Path}: {Message} {Remedy}";
}
