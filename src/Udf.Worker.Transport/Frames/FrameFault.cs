using Udf.Worker.Protocol;

namespace Udf.Worker.Transport.Internal;

/// <summary>Why a stream of frames cannot be read on.</summary>
/// <param name="Message">What is wrong, to stand after "the connection to … broke:".</param>
internal sealed record FrameFault(string Message)
{
    /// <summary>Set if the frame was refused from its header: the peer is out of step, or its frame is over the limit.</summary>
    internal FrameError? Refused { get; init; }

    /// <summary>Whether the peer broke the rules of a multiplexed connection.</summary>
    internal bool IsViolation { get; init; }

    /// <summary>Whether the worker refused the execution before anything of it ran, and is well.</summary>
    internal bool IsRefusal { get; init; }

    /// <summary>Set if a frame that had begun gained no byte for this long.</summary>
    internal TimeSpan? StalledFor { get; init; }
}
