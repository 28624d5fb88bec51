namespace Udf.Worker.Direct;

/// <summary>Makes dispatchers for the specifications of one kind of transport. A transport registers one; it is called from any thread.</summary>
public interface IWorkerDispatcherFactory
{
    /// <summary>The transport's name, for messages: <c>Unix domain sockets</c>.</summary>
    string Name { get; }

    /// <summary>Whether this factory is the one for a specification, going by its connection. What else the transport may not support is said by <see cref="Create(WorkerSpecification)"/>.</summary>
    /// <param name="specification">A valid specification.</param>
    bool CanCreate(WorkerSpecification specification);

    /// <summary>Makes a dispatcher. It starts nothing before its first session.</summary>
    /// <param name="specification">A specification for which <see cref="CanCreate"/> is true.</param>
    /// <returns>The dispatcher; the caller disposes it.</returns>
    /// <exception cref="WorkerSpecificationException">The transport does not support the specification.</exception>
    WorkerDispatcher Create(WorkerSpecification specification);

    /// <summary>Makes a dispatcher with options of its own. It starts nothing before its first session.</summary>
    /// <param name="specification">A specification for which <see cref="CanCreate"/> is true.</param>
    /// <param name="optionsName">The name of its <see cref="DirectWorkerOptions"/>: that of the worker in the container; empty for the options of all others.</param>
    /// <returns>The dispatcher; the caller disposes it.</returns>
    /// <exception cref="WorkerSpecificationException">The transport does not support the specification.</exception>
    /// <exception cref="NotSupportedException">The factory does not know named options: by default, for every name but the empty one.</exception>
    WorkerDispatcher Create(WorkerSpecification specification, string optionsName) => string.IsNullOrEmpty(optionsName)
        ? Create(specification)
        : throw new NotSupportedException($"{GetType().Name} ({Name}) makes no dispatchers with options of their own, as the worker '{optionsName}' has them. Override {nameof(Create)}(specification, optionsName) in it.");
}
