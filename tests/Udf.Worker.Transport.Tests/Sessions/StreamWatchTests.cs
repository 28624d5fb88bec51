using Udf.Worker.Transport.Internal;

namespace Udf.Worker.Transport.Tests.Sessions;

public class StreamWatchTests
{
    [Fact]
    public void Create_NeitherLimitIsSet_ThereIsNone() => Assert.Null(StreamWatch.Create(WorkerSessionOptions.Default, TimeProvider.System, _ => { }));

    [Fact]
    public void Batches_PassAndAreAnswered_NothingIsAllocated()
    {
        var options = new WorkerSessionOptions { BatchTimeout = TimeSpan.FromHours(1), IdleStreamTimeout = TimeSpan.FromHours(1) };
        using StreamWatch watch = StreamWatch.Create(options, TimeProvider.System, _ => { })!;
        watch.Open();
        Pass(watch, count: 100);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Pass(watch, count: 10_000);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void Pass(StreamWatch watch, int count)
    {
        for (int index = 0; index < count; index++)
        {
            watch.BeginSend();
            watch.EndSend();
            watch.BeginWait();
            watch.Answered();
            watch.EndWait();
        }
    }
}
