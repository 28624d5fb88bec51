namespace Udf.Worker.Protocol;

/// <summary>What the first bytes of a message tell about it.</summary>
public enum DataPeekStatus
{
    /// <summary>Not enough bytes to tell. <see cref="DataMessage.MaxMessagePrefixBytes"/> always are, and so is the whole message.</summary>
    NeedMore,

    /// <summary>A data message whose payload reaches to its end.</summary>
    Data,

    /// <summary>Anything else, data in an unusual encoding included: for the protobuf parser.</summary>
    NotSimple,
}
