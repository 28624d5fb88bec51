namespace Udf.Worker.Benchmarks.Compare;

/// <summary>What one process measures. Goes to it as JSON.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Method">By what means.</param>
/// <param name="PayloadBytes">The bytes of each message.</param>
internal sealed record SubjectDescription(SubjectKind Kind, SubjectMethod Method, int PayloadBytes)
{
    /// <summary>The pause before a message of an idle kind.</summary>
    internal static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>TCP on the loopback instead of a Unix domain socket.</summary>
    public bool IsTcp { get; init; }

    /// <summary>How many sessions send at the same time.</summary>
    public int SessionCount { get; init; } = 1;

    /// <summary>The program that is started, where it is not the usual one.</summary>
    public string? ProgramPath { get; init; }

    /// <summary>Whether the library is to count its calls on sockets.</summary>
    public bool CountsCalls { get; init; }
}
