namespace Udf.Worker.Direct.Internal;

/// <summary>A time limit as it is used, and what decides it.</summary>
/// <param name="Value">The limit.</param>
/// <param name="Setting">The field of the specification or the option that decides it, for messages.</param>
/// <param name="CutFrom">What was asked for, if that was more than the options allow.</param>
internal sealed record EffectiveTimeout(TimeSpan Value, string Setting, TimeSpan? CutFrom = null)
{
    private const string Cap = $"{nameof(DirectWorkerOptions)}.{nameof(DirectWorkerOptions.MaximumTimeout)}";

    /// <summary>Takes what the specification says, or else the option, and cuts it to the cap of the options. Zero or less in the specification means that it says nothing.</summary>
    /// <param name="specified">What the specification says.</param>
    /// <param name="field">The field where it says it.</param>
    /// <param name="fallback">The option's value.</param>
    /// <param name="option">The name of the option.</param>
    /// <param name="settings">The options.</param>
    public static EffectiveTimeout Of(TimeSpan? specified, string field, TimeSpan fallback, string option, DirectWorkerSettings settings)
    {
        (TimeSpan value, string setting) = specified is { } given && given > TimeSpan.Zero
            ? (given, $"{field} of the specification")
            : (fallback, $"{nameof(DirectWorkerOptions)}.{option}");
        return value <= settings.MaximumTimeout
            ? new EffectiveTimeout(value, setting)
            : new EffectiveTimeout(settings.MaximumTimeout, $"{Cap}, to which {setting} was cut", value);
    }

    /// <summary>The limit and what decides it.</summary>
    public override string ToString() => $"{Text.Milliseconds(Value)} ({Setting})";
}
