namespace Udf.Worker.Artifacts;

/// <summary>Lets an execution travel with its session's artifacts.</summary>
public static class ArtifactInitExtensions
{
    /// <summary>The key of an init's task context under which the id of the isolated session travels.</summary>
    public const string SessionKey = "udf.session";

    /// <summary>The key of an init's task context under which <see cref="ArtifactSet.ToText"/> travels.</summary>
    public const string ArtifactsKey = "udf.artifacts";

    /// <summary>The same init, run by the worker in the isolated session of a set of artifacts.</summary>
    /// <param name="init">What the execution is initialised with.</param>
    /// <param name="artifacts">The set; <see langword="null"/> for the current one (<see cref="ArtifactSet.Current"/>). If there is none either, the init stays as it is.</param>
    public static WorkerInit WithArtifacts(this WorkerInit init, ArtifactSet? artifacts = null)
    {
        ArgumentNullException.ThrowIfNull(init);
        artifacts ??= ArtifactSet.Current;
        if (artifacts is null)
        {
            return init;
        }

        return init with
        {
            TaskContext = new Dictionary<string, string>(init.TaskContext) { [SessionKey] = artifacts.SessionId, [ArtifactsKey] = artifacts.ToText() },
        };
    }
}
