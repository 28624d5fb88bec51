namespace Udf.Worker;

public sealed partial record WorkerSpecification
{
    /// <summary>
    /// Looks for everything that keeps this specification from describing a worker. What a certain dispatcher does not offer (a transport, a carrier)
    /// is not a problem here: the dispatcher says so.
    /// </summary>
    /// <returns>Every problem, in the order of the specification's fields; empty if there is none.</returns>
    public IReadOnlyList<WorkerSpecificationProblem> Validate() => SpecificationValidator.Validate(this).All;

    /// <summary>Throws if <see cref="Validate"/> finds a problem.</summary>
    /// <returns>This specification, for the next call.</returns>
    /// <exception cref="WorkerSpecificationException">There are problems; it holds and lists all of them.</exception>
    public WorkerSpecification ThrowIfInvalid()
    {
        IReadOnlyList<WorkerSpecificationProblem> problems = Validate();
        return problems.Count == 0 ? this : throw new WorkerSpecificationException(problems);
    }
}
