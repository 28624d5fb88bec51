namespace Udf.Worker.Protocol;

/// <summary>The longest message that a receiver takes, and what it is called where it is configured.</summary>
public readonly record struct FrameLimit
{
    /// <summary>Creates a limit.</summary>
    /// <param name="maxFrameBytes">Longest message in bytes, the header not counted; at least 1.</param>
    /// <param name="settingName">The setting that decides it; errors name it.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxFrameBytes"/> is not positive.</exception>
    /// <exception cref="ArgumentException"><paramref name="settingName"/> is empty.</exception>
    public FrameLimit(int maxFrameBytes, string settingName)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxFrameBytes);
        ArgumentException.ThrowIfNullOrEmpty(settingName);
        MaxFrameBytes = maxFrameBytes;
        SettingName = settingName;
    }

    /// <summary><see cref="WireLimits.DefaultMaxFrameBytes"/>, set by <c>MaxFrameBytes</c>.</summary>
    public static FrameLimit Default { get; } = new(WireLimits.DefaultMaxFrameBytes, nameof(MaxFrameBytes));

    /// <summary>Longest message in bytes, the header not counted.</summary>
    public int MaxFrameBytes { get; }

    /// <summary>The setting that decides it.</summary>
    public string SettingName { get; }
}
