using System.IO.Pipes;
using System.Runtime.CompilerServices;

namespace NamedPipeTransport;

/// <summary>The worker's side of the transport: accepts connections to a named pipe. A <c>UdfConnectionAcceptor</c>.</summary>
public static class PipeAcceptor
{
    public static async IAsyncEnumerable<Stream> AcceptAsync(string name, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        NamedPipeServerStream next = Listen(name);
        try
        {
            while (true)
            {
                await next.WaitForConnectionAsync(cancellationToken);
                NamedPipeServerStream accepted = next;

                // Before the accepted one is given away: if it were closed first, there would be a moment without any pipe of this name.
                next = Listen(name);
                yield return accepted;
            }
        }
        finally
        {
            await next.DisposeAsync();
        }
    }

    private static NamedPipeServerStream Listen(string name) => new(
        name, PipeDirection.InOut, NamedPipeServerStream.MaxAllowedServerInstances, PipeTransmissionMode.Byte, PipeOptions.Asynchronous | PipeOptions.CurrentUserOnly);
}
