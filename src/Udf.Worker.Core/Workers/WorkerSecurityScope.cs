namespace Udf.Worker;

/// <summary>
/// Who a session runs for. A worker serves sessions of one scope only, so that nothing that one leaves behind in a worker can be seen by another.
/// </summary>
/// <remarks>A scope is part of a key: subclasses define equality and hash by value and are immutable.</remarks>
public abstract class WorkerSecurityScope : IEquatable<WorkerSecurityScope>
{
    /// <summary>A scope that is told from others by its name, such as a user's or a tenant's.</summary>
    /// <param name="name">The name; compared ordinally.</param>
    public static WorkerSecurityScope Named(string name) => new NamedSecurityScope(name);

    /// <inheritdoc/>
    public abstract bool Equals(WorkerSecurityScope? other);

    /// <inheritdoc/>
    public sealed override bool Equals(object? obj) => Equals(obj as WorkerSecurityScope);

    /// <inheritdoc/>
    public abstract override int GetHashCode();

    private sealed class NamedSecurityScope : WorkerSecurityScope
    {
        private readonly string _name;

        internal NamedSecurityScope(string name)
        {
            ArgumentException.ThrowIfNullOrEmpty(name);
            _name = name;
        }

        public override bool Equals(WorkerSecurityScope? other) => other is NamedSecurityScope named && named._name == _name;

        public override int GetHashCode() => _name.GetHashCode(StringComparison.Ordinal);

        public override string ToString() => _name;
    }
}
