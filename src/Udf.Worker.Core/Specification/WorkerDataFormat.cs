namespace Udf.Worker;

/// <summary>What the bytes of a batch are. The numbers are those of the wire; from 1000 up they are extensions to Spark's.</summary>
public enum WorkerDataFormat
{
    /// <summary>Not said. A specification must not declare it.</summary>
    Unspecified = 0,

    /// <summary>Apache Arrow record batches (<c>ARROW</c>).</summary>
    Arrow = 1,

    /// <summary>Bytes without structure, known only to caller and function (<c>RAW</c>).</summary>
    Raw = 1000,
}
