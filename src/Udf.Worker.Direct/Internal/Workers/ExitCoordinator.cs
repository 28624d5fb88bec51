using System.Runtime.InteropServices;

namespace Udf.Worker.Direct.Internal;

/// <summary>
/// Ends what was not disposed when this process ends: all dispatchers at the same time, within one bound. Holds those that have work to do, from their first session until they are disposed, and no other.
/// </summary>
/// <remarks>
/// Thread safe. The runtime raises <see cref="AppDomain.ProcessExit"/> when the program returns or calls <see cref="System.Environment.Exit"/>; from .NET 10 on it does not for SIGTERM,
/// which is therefore listened to here. Handlers of a signal are called from the newest to the oldest: whoever registers after this one is heard first, and if it cancels the termination nothing is done here.
/// What is over at once (SIGKILL, a failure of the runtime, an unhandled exception) is the warden's.
/// </remarks>
internal sealed class ExitCoordinator(Action killAll)
{
    private readonly Lock _gate = new();
    private readonly Lock _endGate = new();

    // Guarded by _gate.
    private readonly HashSet<ExitParticipant> _participants = [];
    private PosixSignalRegistration? _termination;

    /// <summary>The coordinator of this process.</summary>
    public static ExitCoordinator Instance { get; } = new(HostWarden.Instance.KillAll);

    /// <summary>How many it holds.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _participants.Count;
            }
        }
    }

    /// <summary>Begins to listen for the end of this process, once.</summary>
    public void Listen()
    {
        lock (_gate)
        {
            if (_termination is null)
            {
                // A signal that the process was started to ignore stays ignored: the handler is then not called.
                _termination = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnTermination);
                AppDomain.CurrentDomain.ProcessExit += (_, _) => EndAll(static _ => true);
            }
        }
    }

    /// <summary>Has something ended when this process ends.</summary>
    public void Add(ExitParticipant participant)
    {
        lock (_gate)
        {
            _participants.Add(participant);
        }
    }

    /// <summary>Forgets something that has ended.</summary>
    public void Remove(ExitParticipant participant)
    {
        lock (_gate)
        {
            _participants.Remove(participant);
        }
    }

    /// <summary>Ends them, and blocks until that is done, or its time is over; then every process that still runs is killed. A second caller waits for the first.</summary>
    public void EndAll(Func<ExitParticipant, bool> isMeant)
    {
        lock (_endGate)
        {
            ExitParticipant[] participants;
            lock (_gate)
            {
                participants = [.. _participants.Where(isMeant)];
            }

            if (participants.Length == 0)
            {
                return;
            }

            TimeSpan limit = participants.Max(static participant => participant.Timeout);
            Task ended = Task.WhenAll(participants.Select(static participant => Task.Run(participant.EndAsync)));
            bool isInTime;
            try
            {
#pragma warning disable RS0030 // The process ends when this thread returns: it has to wait, and does so for a bounded time.
                isInTime = ended.Wait(limit);
#pragma warning restore RS0030
            }
            catch (AggregateException)
            {
                isInTime = false;
            }

            if (!isInTime)
            {
                killAll();
            }
        }
    }

    private void OnTermination(PosixSignalContext context)
    {
        if (!context.Cancel)
        {
            EndAll(static participant => participant.EndsOnTermination);
        }
    }
}
