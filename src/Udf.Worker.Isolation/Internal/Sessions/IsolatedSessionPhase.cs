namespace Udf.Worker.Isolation.Internal;

/// <summary>How far the life of an isolated session has come. It only ever goes forward.</summary>
internal enum IsolatedSessionPhase
{
    /// <summary>It can be used, now or after an un-eviction.</summary>
    Alive,

    /// <summary>It was evicted and nobody used it: one caller was told to clean up, and nobody can have it back.</summary>
    CleaningUp,

    /// <summary>Nothing of it is left. The next session with its id is a new one.</summary>
    Gone,
}
