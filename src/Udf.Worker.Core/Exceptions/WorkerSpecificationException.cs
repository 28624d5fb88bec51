using System.Text;

namespace Udf.Worker;

/// <summary>
/// A worker specification cannot be used. The message lists every problem with its path and what to do; <see cref="Problems"/> has them as data.
/// Never transient: the same specification fails again.
/// </summary>
public sealed class WorkerSpecificationException : WorkerException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="problems">What is wrong with the specification; at least one. They are copied.</param>
    /// <exception cref="ArgumentNullException"><paramref name="problems"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="problems"/> is empty or holds null.</exception>
    public WorkerSpecificationException(IReadOnlyList<WorkerSpecificationProblem> problems)
        : base(Describe(problems))
    {
        Problems = Array.AsReadOnly([.. problems]);
    }

    /// <summary>Every problem, in the order of the specification's fields; never empty.</summary>
    public IReadOnlyList<WorkerSpecificationProblem> Problems { get; }

    private static string Describe(IReadOnlyList<WorkerSpecificationProblem> problems)
    {
        ArgumentNullException.ThrowIfNull(problems);
        if (problems.Count == 0 || problems.Contains(null!))
        {
            throw new ArgumentException("A specification that cannot be used has at least one problem, and none of them is null.", nameof(problems));
        }

        if (problems.Count == 1)
        {
            return $"The worker specification is not valid. {problems[0]}";
        }

        var text = new StringBuilder($"The worker specification is not valid. It has {problems.Count} problems:");
        foreach (WorkerSpecificationProblem problem in problems)
        {
            text.Append('\n').Append("- ").Append(problem);
        }

        return text.ToString();
    }
}
