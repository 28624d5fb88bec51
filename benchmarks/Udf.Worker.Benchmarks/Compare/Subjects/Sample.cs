namespace Udf.Worker.Benchmarks.Compare;

/// <summary>What one round of one subject took.</summary>
/// <param name="MessageCount">How many messages there were.</param>
/// <param name="Seconds">How long they took together, pauses left out.</param>
/// <param name="AllocatedBytes">What this process allocated meanwhile, all threads together.</param>
/// <param name="HostCalls">System calls of this process on sockets, as the library counts them; 0 if it does not.</param>
/// <param name="HostSwitches">Context switches of this process.</param>
/// <param name="PeerSwitches">Context switches of the processes that it has started.</param>
internal sealed record Sample(int MessageCount, double Seconds, long AllocatedBytes, long HostCalls, long HostSwitches, long PeerSwitches)
{
    public double AllocatedBytesPerMessage => (double)AllocatedBytes / MessageCount;

    public double HostCallsPerMessage => (double)HostCalls / MessageCount;

    public double HostSwitchesPerMessage => (double)HostSwitches / MessageCount;

    public double PeerSwitchesPerMessage => (double)PeerSwitches / MessageCount;
}
