namespace Udf.Worker.Direct.Internal;

/// <summary>Says what to add when no transport serves a specification.</summary>
internal static class MissingTransport
{
    /// <summary>The message.</summary>
    public static string Describe(WorkerSpecification specification, IReadOnlyCollection<IWorkerDispatcherFactory> factories)
    {
        string added = factories.Count == 0 ? "No transport was added" : $"Added were only: {string.Join(", ", factories.Select(static factory => factory.Name))}";
        return specification.Direct?.Properties?.Connection switch
        {
            UnixDomainSocketConnection => $"There is no transport for workers on Unix domain sockets. {added}. Add the package (dotnet add package Udf.Worker.Transport.Uds) and call .UseUnixDomainSockets() on what AddUdfWorkers() returns.",
            LocalTcpConnection => $"There is no transport for workers on TCP. {added}. Add the package (dotnet add package Udf.Worker.Transport.Tcp) and call .UseTcp() on what AddUdfWorkers() returns.",
            CustomConnection custom => $"There is no transport named '{custom.Name}'. {added}. Register an {nameof(IWorkerDispatcherFactory)} for it, or correct direct.properties.connection.custom.name of the specification.",
            _ => $"There is no transport for the connection of the specification. {added}.",
        };
    }
}
