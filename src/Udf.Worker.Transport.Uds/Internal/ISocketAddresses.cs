namespace Udf.Worker.Transport.Uds.Internal;

/// <summary>Where the addresses of one dispatcher's workers come from, and what becomes of them. Thread safe.</summary>
internal interface ISocketAddresses
{
    /// <summary>Chooses the address of a worker.</summary>
    /// <exception cref="WorkerStartException">There is none.</exception>
    /// <exception cref="ObjectDisposedException">The addresses have been closed.</exception>
    string Allocate(string workerId);

    /// <summary>Removes what a worker that has ended has left at its address.</summary>
    void Release(string address);

    /// <summary>Removes what all have shared. May be called again.</summary>
    void Close();
}
