using System.Runtime.InteropServices;

namespace Udf.Worker.Benchmarks.Compare;

/// <summary>
/// Keeps the calling thread, and every process that is started from it meanwhile, on one CPU: what <c>taskset -c</c> does, without that program. A process that is started so counts one processor, as under <c>taskset</c>.
/// </summary>
internal sealed unsafe partial class CpuPin : IDisposable
{
    private const int MaskBytes = 128;

    private readonly byte[] _before = new byte[MaskBytes];

    private CpuPin()
    {
    }

    /// <summary>Pins the thread to the first of the CPUs that it may use.</summary>
    /// <exception cref="InvalidOperationException">The system refused.</exception>
    internal static CpuPin ToFirst()
    {
        var pin = new CpuPin();
        fixed (byte* mask = pin._before)
        {
            Check(GetAffinity(0, MaskBytes, mask));
        }

        Span<byte> one = stackalloc byte[MaskBytes];
        one.Clear();
        int index = pin._before.AsSpan().IndexOfAnyExcept((byte)0);
        one[index] = (byte)(pin._before[index] & -pin._before[index]);
        Set(one);
        return pin;
    }

    /// <summary>Gives the thread its CPUs back.</summary>
    public void Dispose() => Set(_before);

    private static void Set(ReadOnlySpan<byte> mask)
    {
        fixed (byte* start = mask)
        {
            Check(SetAffinity(0, MaskBytes, start));
        }
    }

    private static void Check(int result)
    {
        if (result < 0)
        {
            throw new InvalidOperationException($"The CPUs of a thread could not be asked for or set: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}.");
        }
    }

    [LibraryImport("libc", EntryPoint = "sched_getaffinity", SetLastError = true)]
    private static partial int GetAffinity(int thread, nuint bytes, byte* mask);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    private static partial int SetAffinity(int thread, nuint bytes, byte* mask);
}
