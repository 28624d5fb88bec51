namespace Udf.Worker.Protocol;

/// <summary>A set of <see cref="ConnectionRole"/>: what a worker offers.</summary>
[Flags]
public enum ConnectionRoles
{
    /// <summary>No role.</summary>
    None = 0,

    /// <summary><see cref="ConnectionRole.Execute"/>.</summary>
    Execute = 1 << ConnectionRole.Execute,

    /// <summary><see cref="ConnectionRole.Manage"/>.</summary>
    Manage = 1 << ConnectionRole.Manage,

    /// <summary><see cref="ConnectionRole.Multiplex"/>.</summary>
    Multiplex = 1 << ConnectionRole.Multiplex,
}
