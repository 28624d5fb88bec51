using System.Threading.Channels;
using Udf.Worker.Testing;

namespace Udf.Worker.Transport.Tests.Multiplexing;

/// <summary>Callers that block where they are told of a result, which is on the thread that tells the others too.</summary>
public class BlockingConsumerTests
{
    private const int Sessions = 4;

    [Fact]
    public async Task Consumers_ThatBlock_HoldUpNeitherTheOthersNorWhatWasSentBefore()
    {
        await using TransportRig rig = await TransportRig.StartAsync(options: MultiplexedSessionTests.Options);
        (MultiplexedWire wire, SessionProbe[] sessions) = await MultiplexedSessionTests.InitializedAsync(rig, Sessions);
        for (int round = 0; round < 30; round++)
        {
            int blocking = round % Sessions;
            using ManualResetEventSlim goOn = new();
            if (round == 0)
            {
                _consumers = [.. sessions.Select(probe => new Consumer(probe.Session))];
            }

            Task[] told = [.. _consumers.Select((consumer, index) => consumer.NextAsync(index == blocking ? goOn : null))];

            // All in one receive.
            await wire.Connection.WriteAsync(Enumerable.Range(1, Sessions).SelectMany(stream =>
                MultiplexedWire.Frame(Protocol.StreamFrameKind.Message, (uint)stream, MultiplexedWire.Batch([(byte)round]))).ToArray());

            // Each answers before anything else, and one of them stands still from then on.
            HashSet<uint> answered = [];
            for (int index = 0; index < Sessions; index++)
            {
                (uint stream, Protocol.Messages.UdfRequest request) = await wire.ReadAsync();
                Assert.Equal(round, request.Data.Data[0]);
                answered.Add(stream);
            }

            Assert.Equal(Sessions, answered.Count);
            await Task.WhenAll(told.Where((_, index) => index != blocking)).DefaultTimeout();
            Assert.False(told[blocking].IsCompleted);
            goOn.Set();
            await told[blocking].DefaultTimeout();
        }
    }

    private Consumer[] _consumers = [];

    /// <summary>Sends what it receives, on the thread on which it is told.</summary>
    private sealed class Consumer
    {
        private readonly Channel<ReadOnlyMemory<byte>> _input = Channel.CreateUnbounded<ReadOnlyMemory<byte>>(new UnboundedChannelOptions { AllowSynchronousContinuations = true });
        private readonly IAsyncEnumerator<WorkerBatch> _results;

        internal Consumer(WorkerSession session) => _results = session.ProcessAsync(_input.Reader.ReadAllAsync()).GetAsyncEnumerator();

        internal async Task NextAsync(ManualResetEventSlim? goOn)
        {
            Assert.True(await _results.MoveNextAsync().ConfigureAwait(false));
            Assert.True(_input.Writer.TryWrite(_results.Current.ToArray()));
            goOn?.Wait(TimeSpan.FromSeconds(30));
        }
    }
}
