using Udf.Worker.Direct.Internal;

namespace Udf.Worker.Direct.Tests.Pool;

/// <summary>A random setting and what happens in it.</summary>
internal sealed record PoolScenario(int Setting, PoolCommand[] Commands)
{
    /// <summary>How many settings there are.</summary>
    public const int SettingCount = 4 * 32;

    public const int KeyCount = 3;

    public int Budget => (Setting & 3) switch { 0 => int.MaxValue, 1 => 1, 2 => 2, _ => 4 };

    /// <summary>Small numbers everywhere, so that every limit is met all the time. The keys of one setting differ.</summary>
    public PoolLimits LimitsOf(int key)
    {
        int bits = (Setting >> 2) + (key * 11);
        return new PoolLimits
        {
            MinIdle = bits & 1,
            MinIdleTimeout = (bits & 2) == 0 ? null : TimeSpan.FromSeconds(20),
            MaxWorkers = 1 + ((bits >> 1) & 1) + key,
            SessionsPerWorker = (bits & 4) == 0 ? 1 : 3,
            MaxSessions = (bits & 8) == 0 ? int.MaxValue : 1 + (bits & 1),
            MaxAge = (bits & 16) == 0 ? null : TimeSpan.FromSeconds(90),
            MaxWaiting = (bits % 3) switch { 0 => 0, 1 => 3, _ => 100 },
            IdleTimeout = TimeSpan.FromSeconds(60),
            NextRandom = () => 0.5,
        };
    }

    public override string ToString() => $"setting {Setting} (budget {Budget}; {string.Join("; ", Enumerable.Range(0, KeyCount).Select(LimitsOf))}):\n{string.Join('\n', (IEnumerable<PoolCommand>)Commands)}";

    /// <summary>The same with parts left out, large parts first.</summary>
    public static IEnumerable<PoolScenario> Shrink(PoolScenario scenario)
    {
        PoolCommand[] commands = scenario.Commands;
        for (int length = commands.Length; length > 0; length /= 2)
        {
            for (int start = 0; start + length <= commands.Length; start += length)
            {
                yield return scenario with { Commands = [.. commands[..start], .. commands[(start + length)..]] };
            }
        }
    }
}
