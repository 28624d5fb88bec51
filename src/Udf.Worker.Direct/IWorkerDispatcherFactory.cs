namespace Udf.Worker.Direct;

/// <summary>Makes dispatchers for the specifications of one kind of transport. A transport registers one; it is called from any thread.</summary>
public interface IWorkerDispatcherFactory
{
    /// <summary>The transport's name, for messages: <c>Unix domain sockets</c>.</summary>
    string Name { get; }

    /// <summary>Whether this factory is the one for a specification, going by its connection. What else the transport may not support is said by <see cref="Create"/>.</summary>
    /// <param name="specification">A valid specification.</param>
    bool CanCreate(WorkerSpecification specification);

    /// <summary>Makes a dispatcher. It starts nothing before its first session.</summary>
    /// <param name="specification">A specification for which <see cref="CanCreate"/> is true.</param>
    /// <returns>The dispatcher; the caller disposes it.</returns>
    /// <exception cref="WorkerSpecificationException">The transport does not support the specification.</exception>
    WorkerDispatcher Create(WorkerSpecification specification);
}
