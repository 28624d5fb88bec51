namespace Udf.Worker.Direct.Internal;

/// <summary>Where the environment of a dispatcher's workers is in its life.</summary>
internal enum EnvironmentState
{
    /// <summary>Nothing is known of it: nobody has asked, or the last attempt left it open.</summary>
    Pending,

    /// <summary>Verification or installation is running.</summary>
    Preparing,

    /// <summary>Workers can be started.</summary>
    Ready,

    /// <summary>The installation failed; it is not tried again.</summary>
    Failed,

    /// <summary>Over: no worker will be started any more.</summary>
    CleanedUp,
}
