namespace Udf.Worker;

/// <summary>The rules for time limits, which are whole milliseconds in an int32 on the wire.</summary>
internal static class TimeoutRules
{
    public static void Validate(TimeSpan? timeout, string path, SpecificationProblems problems)
    {
        if (timeout is not { } limit)
        {
            return;
        }

        if (limit < TimeSpan.Zero)
        {
            problems.Add(
                path,
                $"The time limit is negative ({limit:c}).",
                "Write a positive one, or leave it out for the dispatcher's default; there is no endless one.");
        }

        if (limit.Ticks % TimeSpan.TicksPerMillisecond != 0)
        {
            problems.AddUnwritable(
                path,
                $"The time limit is not a whole number of milliseconds ({limit:c}).",
                "Round it to whole milliseconds.");
        }
        else if (!TryToMilliseconds(limit, out _))
        {
            problems.AddUnwritable(
                path,
                $"The time limit does not fit into a signed 32-bit number of milliseconds ({limit:c}).",
                $"Write at most {int.MaxValue} ms, which is about 24 days.");
        }
    }

    /// <summary>The limit as it is on the wire; false if it has no form there.</summary>
    public static bool TryToMilliseconds(TimeSpan limit, out int milliseconds)
    {
        (long whole, long rest) = Math.DivRem(limit.Ticks, TimeSpan.TicksPerMillisecond);
        milliseconds = unchecked((int)whole);
        return rest == 0 && milliseconds == whole;
    }
}
