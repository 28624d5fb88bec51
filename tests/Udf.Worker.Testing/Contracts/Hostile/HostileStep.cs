namespace Udf.Worker.Testing.Contracts;

/// <summary>What a host does with a hostile worker, each step after the ones before it; the last three exclude each other.</summary>
public enum HostileStep
{
    /// <summary>Makes a session.</summary>
    Create,

    /// <summary>Initialises it.</summary>
    Init,

    /// <summary>Sends one batch, reads, and does not end its input.</summary>
    Batch,

    /// <summary>Sends one batch, ends its input, and reads to the end.</summary>
    Finish,

    /// <summary>Sends one batch, reads one, and cancels.</summary>
    Cancel,
}
