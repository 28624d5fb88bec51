namespace Udf.Worker.Protocol;

/// <summary>What a connection to a worker is for. The numbers are those of the preface.</summary>
public enum ConnectionRole : byte
{
    /// <summary>Executions, one at a time.</summary>
    Execute = 1,

    /// <summary>Requests to the worker as a whole. Exactly one such connection, opened first, as long as the worker lives.</summary>
    Manage = 2,

    /// <summary>Many executions at once. A worker may not offer it.</summary>
    Multiplex = 3,
}
