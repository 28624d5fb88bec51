namespace Udf.Worker.Artifacts;

/// <summary>A function cannot be shipped: it keeps something that cannot travel, or needs an assembly that is not to be had. The message names it, with the path that leads there.</summary>
public sealed class UdfPayloadException : Exception
{
    internal UdfPayloadException(string message, string? path = null, Exception? innerException = null)
        : base(message, innerException)
    {
        Path = path;
    }

    /// <summary>Where what cannot travel hangs, such as <c>this._log</c>, from the function on; <see langword="null"/> if it is no matter of what the function keeps.</summary>
    public string? Path { get; }
}
