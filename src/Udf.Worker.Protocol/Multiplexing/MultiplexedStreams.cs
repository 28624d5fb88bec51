using System.Diagnostics.CodeAnalysis;

namespace Udf.Worker.Protocol;

/// <summary>The streams of one multiplexed connection: which numbers have been used, and which are open. It holds an entry for each open stream and none for those that have ended.</summary>
/// <remarks>Not thread-safe: the caller serialises all calls. Each side has its own: a stream may have ended on one side while the other still speaks of it.</remarks>
/// <typeparam name="TStream">What the caller keeps of a stream.</typeparam>
public sealed class MultiplexedStreams<TStream>
    where TStream : class
{
    private readonly Dictionary<uint, TStream> _open = [];
    private readonly StreamDirection _received;
    private bool _isPastFirst;

    /// <summary>Begins a connection.</summary>
    /// <param name="received">What this side receives: <see cref="StreamDirection.Requests"/> on the worker's.</param>
    public MultiplexedStreams(StreamDirection received) => _received = received;

    /// <summary>The highest number that was used; 0 for none.</summary>
    public uint Highest { get; private set; }

    /// <summary>The streams that are open, in no order.</summary>
    public IReadOnlyCollection<TStream> Open => _open.Values;

    /// <summary>Opens the next stream: the engine's by its decision, the worker's when a frame belongs to <see cref="StreamFrameTarget.Next"/>.</summary>
    /// <param name="create">Makes it, of its number.</param>
    /// <param name="stream">The stream.</param>
    /// <returns>False if there are no further numbers: another connection is needed.</returns>
    public bool TryOpen(Func<uint, TStream> create, [NotNullWhen(true)] out TStream? stream)
    {
        ArgumentNullException.ThrowIfNull(create);
        stream = null;
        if (Highest == uint.MaxValue)
        {
            return false;
        }

        stream = create(Highest + 1);
        Highest++;
        _open.Add(Highest, stream);
        return true;
    }

    /// <summary>A stream has ended on this side: what still comes for it is dropped.</summary>
    /// <param name="number">Its number.</param>
    /// <returns>Whether it was open.</returns>
    public bool End(uint number) => _open.Remove(number);

    /// <summary>Tells where a frame belongs. Called for each frame, in order.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="stream">The stream, if it is open.</param>
    /// <param name="error">Why the connection is broken, if it is.</param>
    public StreamFrameTarget Judge(in StreamFrameHeader header, out TStream? stream, out MultiplexError? error)
    {
        bool isFirst = !_isPastFirst;
        _isPastFirst = true;
        error = null;
        if (_open.TryGetValue(header.Stream, out stream))
        {
            return StreamFrameTarget.Open;
        }

        if (header.Stream == 0)
        {
            if (header.Kind == StreamFrameKind.Window)
            {
                error = isFirst ? null : MultiplexError.LateInitialWindow();
                return isFirst ? StreamFrameTarget.InitialWindow : StreamFrameTarget.Broken;
            }
        }
        else if (header.Stream <= Highest)
        {
            return StreamFrameTarget.Ended;
        }
        else if (_received == StreamDirection.Requests && header.Stream == Highest + 1 && header.Kind is StreamFrameKind.Message or StreamFrameKind.Part)
        {
            return StreamFrameTarget.Next;
        }

        error = MultiplexError.NeverOpened(header.Kind, header.Stream, Highest);
        return StreamFrameTarget.Broken;
    }
}
