namespace Udf.Worker.Direct;

/// <summary>Which environment variables of this process its workers get, before those that the specification sets.</summary>
public enum WorkerEnvironmentInheritance
{
    /// <summary>All of them, but for the token and the marks of a worker that this process itself may be.</summary>
    All = 0,

    /// <summary>None.</summary>
    None = 1,

    /// <summary>Those named in <see cref="DirectWorkerOptions.InheritedEnvironmentVariables"/>.</summary>
    AllowList = 2,
}
