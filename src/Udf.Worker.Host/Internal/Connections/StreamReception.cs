using Udf.Worker.Protocol;
using Udf.Worker.Transport;

namespace Udf.Worker.Host.Internal;

/// <summary>The preface on a stream that somebody else has accepted. Waits without a thread; the transport that brings streams decides how many may wait.</summary>
internal static class StreamReception
{
    /// <summary>Reads the preface, answers it, and serves the stream until its end. Disposes it.</summary>
    internal static async Task ServeAsync(Stream stream, string description, WorkerCore worker, CancellationToken cancellationToken)
    {
        StreamByteChannel channel = new(stream, description);
        await using (channel.ConfigureAwait(false))
        {
            if (await GreetAsync(channel, worker, cancellationToken).ConfigureAwait(false) is { } role)
            {
                using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(static state => ((ByteChannel)state!).Abort(), channel);
                await worker.Serve(role, channel).ConfigureAwait(false);
            }
        }
    }

    private static async ValueTask<ConnectionRole?> GreetAsync(StreamByteChannel channel, WorkerCore worker, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = new(worker.Options.PrefaceTimeout, worker.Options.TimeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            byte[] received = new byte[EnginePreface.SizeBytes];
            int count = 0;
            while (count < received.Length)
            {
                int more = await channel.ReceiveAsync(received.AsMemory(count), linked.Token).ConfigureAwait(false);
                count += more;
                if (more == 0 || !PrefaceMagic.CanBeginWith(received.AsSpan(0, count)))
                {
                    return null;
                }
            }

            return await AnswerAsync(channel, received, worker).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static async ValueTask<ConnectionRole?> AnswerAsync(StreamByteChannel channel, byte[] received, WorkerCore worker)
    {
        if (!EnginePreface.TryParse(received, out EnginePreface preface))
        {
            return null;
        }

        WorkerPreface answer = worker.Negotiation.Answer(preface, worker.TryAdmit);
        byte[] bytes = new byte[WorkerPreface.SizeBytes];
        answer.Write(bytes);
        try
        {
            await channel.SendAsync(bytes, default).ConfigureAwait(false);
        }
        catch (IOException) when (answer.Status == PrefaceStatus.Accepted)
        {
            // It has proved itself and is gone already: its connection finds that out, which for the manage connection is the end of the worker.
        }

        return answer.Status == PrefaceStatus.Accepted ? preface.Role : null;
    }
}
