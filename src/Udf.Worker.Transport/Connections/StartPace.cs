using System.Diagnostics.CodeAnalysis;

namespace Udf.Worker.Transport.Internal;

/// <summary>
/// The pace at which a worker that starts is looked for: often at first, and less often the longer it takes, so that it is found at most a sixty-fourth of its start too late. The framework's timers go by a clock
/// that may stand still for 4 ms, so waits of a few milliseconds have one thread for all of them, which is there only while somebody waits and a moment longer. It wakes nobody before there is something to see:
/// on a small machine, every look takes time from the worker that is looked for.
/// </summary>
/// <remarks>Thread safe.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "It lasts as long as the process.")]
internal sealed class StartPace
{
    private const int PartsOfStart = 64;

    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan IdleLimit = TimeSpan.FromSeconds(1);
    private static readonly StartPace Shared = new();

    // Also what the thread waits on, so not a Lock.
    private readonly object _gate = new();

    // Guarded by _gate. As many as workers are being started.
    private readonly List<Waiter> _waiters = [];
    private bool _hasThread;

    /// <summary>How long to wait before something is looked for again.</summary>
    /// <param name="least">The shortest pause.</param>
    /// <param name="taken">For how long it has been looked for.</param>
    internal static TimeSpan PauseAfter(TimeSpan least, TimeSpan taken)
    {
        TimeSpan part = taken / PartsOfStart;
        part = part < LongestPause ? part : LongestPause;
        return part > least ? part : least;
    }

    /// <summary>Waits once.</summary>
    /// <param name="pause">How long; not negative.</param>
    /// <param name="timeProvider">By which clock; any but the system's is asked for a timer.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A task whose continuations run on the thread pool.</returns>
    /// <exception cref="OperationCanceledException">The token fell.</exception>
    internal static Task PauseAsync(TimeSpan pause, TimeProvider timeProvider, CancellationToken cancellationToken) =>
        timeProvider == TimeProvider.System
            ? Shared.WaitAsync(new Waiter(timeProvider.GetTimestamp(), pause, static () => true), cancellationToken)
            : Task.Delay(pause, timeProvider, cancellationToken);

    /// <summary>Looks until something is there, and returns at once if it is.</summary>
    /// <param name="isThere">The look: a system call or two, and no exception, because others wait meanwhile.</param>
    /// <param name="least">The shortest pause between two looks.</param>
    /// <param name="timeProvider">By which clock; any but the system's is asked for timers.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A task whose continuations run on the thread pool.</returns>
    /// <exception cref="OperationCanceledException">The token fell.</exception>
    internal static async Task UntilAsync(Func<bool> isThere, TimeSpan least, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        long begun = timeProvider.GetTimestamp();
        if (timeProvider == TimeProvider.System)
        {
            if (!isThere())
            {
                await Shared.WaitAsync(new Waiter(begun, least, isThere), cancellationToken).ConfigureAwait(false);
            }

            return;
        }

        while (!isThere())
        {
            await Task.Delay(PauseAfter(least, timeProvider.GetElapsedTime(begun)), timeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task WaitAsync(Waiter waiter, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_hasThread)
            {
                Monitor.Pulse(_gate);
            }
            else
            {
                // Before the waiter is there for it: who gets no thread leaves nothing behind.
                new Thread(Run, 128 * 1024) { IsBackground = true, Name = "udf-start-pace" }.UnsafeStart();
                _hasThread = true;
            }

            _waiters.Add(waiter);
        }

        using CancellationTokenRegistration onCancel = cancellationToken.UnsafeRegister(
            static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token), waiter.Over);
        await waiter.Over.Task.ConfigureAwait(false);
    }

    private void Run()
    {
        lock (_gate)
        {
            while (true)
            {
                if (_waiters.Count > 0)
                {
                    TimeSpan left = LookUnsynchronized();
                    if (left > TimeSpan.Zero)
                    {
                        // Rounded up: a wait of no time at all would spin.
                        Monitor.Wait(_gate, (int)Math.Ceiling(left.TotalMilliseconds));
                    }
                }
                else if (!Monitor.Wait(_gate, IdleLimit) && _waiters.Count == 0)
                {
                    _hasThread = false;
                    return;
                }
            }
        }
    }

    // How long until the next look; zero if none is left.
    private TimeSpan LookUnsynchronized()
    {
        long now = TimeProvider.System.GetTimestamp();
        TimeSpan? next = null;
        for (int index = _waiters.Count - 1; index >= 0; index--)
        {
            Waiter waiter = _waiters[index];
            TimeSpan left = waiter.Look(now);
            if (left == TimeSpan.Zero)
            {
                _waiters.RemoveAt(index);
            }
            else if (next is null || left < next)
            {
                next = left;
            }
        }

        return next ?? TimeSpan.Zero;
    }

    private sealed class Waiter(long begun, TimeSpan least, Func<bool> isThere)
    {
        // None before the first look.
        private TimeSpan? _due;

        public TaskCompletionSource Over { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>How long until the next look; zero when it is over.</summary>
        public TimeSpan Look(long now)
        {
            TimeSpan taken = TimeProvider.System.GetElapsedTime(begun, now);
            if (Over.Task.IsCompleted)
            {
                // Cancelled.
                return TimeSpan.Zero;
            }

            TimeSpan due = _due ?? least;
            if (taken >= due)
            {
                if (isThere())
                {
                    Over.TrySetResult();
                    return TimeSpan.Zero;
                }

                due = taken + PauseAfter(least, taken);
                _due = due;
            }

            return due - taken;
        }
    }
}
