namespace Udf.Worker.Isolation;

/// <summary>Which assembly a session gets when the worker has one of the same name. Assemblies of the framework, and those that functions and this library share, are always the worker's.</summary>
public enum AssemblyLoadOrder
{
    /// <summary>The worker's, if its version is at least the one that is asked for; otherwise the session's.</summary>
    ParentFirst,

    /// <summary>The session's, if it has one; otherwise the worker's.</summary>
    OwnFirst,
}
