namespace Udf.Worker.Protocol;

/// <summary>Default bounds of what a receiver takes. Each side may configure its own.</summary>
public static class WireLimits
{
    /// <summary>Longest message of a frame: 128 MiB.</summary>
    public const int DefaultMaxFrameBytes = 128 * 1024 * 1024;

    /// <summary>Longest payload of a function, assembled from <c>Init</c> and its chunks: 256 MiB.</summary>
    public const long DefaultMaxPayloadBytes = 256L * 1024 * 1024;
}
