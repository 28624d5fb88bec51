namespace Udf.Worker.Benchmarks.Compare;

/// <summary>In what a row is given.</summary>
internal enum FigureUnit
{
    /// <summary>Microseconds a message; less is better.</summary>
    Microseconds,

    /// <summary>Milliseconds a message; less is better.</summary>
    Milliseconds,

    /// <summary>Payload in one direction, MiB a second; more is better.</summary>
    MebibytesPerSecond,

    /// <summary>Messages a second, there and back, in thousands; more is better.</summary>
    ThousandsPerSecond,
}
