namespace Udf.Worker;

/// <summary>placeholder</summary>
public enum WorkerDataFormat
{
    /// <summary>placeholder</summary>
    Unspecified = 0,

    /// <summary>placeholder</summary>
    Arrow = 1,

    /// <summary>placeholder</summary>
    Raw = 1000,
}
