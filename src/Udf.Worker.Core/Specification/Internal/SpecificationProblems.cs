namespace Udf.Worker;

/// <summary>Collects what is wrong with one specification.</summary>
internal sealed class SpecificationProblems
{
    private readonly List<WorkerSpecificationProblem> _all = [];
    private readonly List<WorkerSpecificationProblem> _unwritable = [];

    /// <summary>Every problem.</summary>
    public IReadOnlyList<WorkerSpecificationProblem> All => _all;

    /// <summary>Those that have no form on the wire or in JSON: to write them would change them.</summary>
    public IReadOnlyList<WorkerSpecificationProblem> Unwritable => _unwritable;

    public void Add(string path, string message, string remedy) => _all.Add(new WorkerSpecificationProblem(path, message, remedy));

    public void AddUnwritable(string path, string message, string remedy)
    {
        Add(path, message, remedy);
        _unwritable.Add(_all[^1]);
    }
}
