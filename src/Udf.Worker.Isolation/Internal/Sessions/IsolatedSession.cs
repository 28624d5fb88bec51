namespace Udf.Worker.Isolation.Internal;

/// <summary>One instance of a session: what it holds, and the state that says how long.</summary>
/// <typeparam name="TContent">What it holds; disposing it is the clean-up.</typeparam>
internal sealed class IsolatedSession<TContent>
    where TContent : IDisposable
{
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal IsolatedSession(string id, TContent content)
    {
        Id = id;
        Content = content;
        Place = new LinkedListNode<IsolatedSession<TContent>>(this);
    }

    internal string Id { get; }

    /// <summary>Valid for those who have acquired the session, until they release it.</summary>
    internal TContent Content { get; }

    /// <summary>Ends when the clean-up has ended and the id is free again. It never fails: a clean-up that threw has ended too.</summary>
    internal Task Gone => _gone.Task;

    /// <summary>The session's place in the order of use. Guarded by the cache's gate, as is all below.</summary>
    internal LinkedListNode<IsolatedSession<TContent>> Place { get; }

    internal IsolatedSessionState State;

    /// <summary>When the session was last obtained or released, in the clock's timestamps.</summary>
    internal long LastUse { get; set; }

    internal void SetGone() => _gone.TrySetResult();
}
