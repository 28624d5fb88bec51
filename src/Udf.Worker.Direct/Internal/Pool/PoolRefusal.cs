using System.Globalization;
using System.Text;

namespace Udf.Worker.Direct.Internal;

/// <summary>A refusal with what the book knew at that moment.</summary>
/// <param name="Reason">Why.</param>
/// <param name="KeyName">Whose worker was asked for, as errors name it.</param>
/// <param name="Limits">The limits of the key.</param>
/// <param name="BudgetLimit">The limit of all keys together; <see cref="int.MaxValue"/> for none.</param>
/// <param name="BudgetCount">Workers of all keys.</param>
/// <param name="WorkerCount">Workers of the key, with those that start and end.</param>
/// <param name="StartingCount">Those that start.</param>
/// <param name="EndingCount">Those that end.</param>
/// <param name="WaitingCount">Who waits for a worker of the key, the refused one included.</param>
/// <param name="LongestWait">How long the first of them has waited.</param>
/// <param name="Waited">How long the refused one has.</param>
/// <param name="TimeToNextStart">How long no worker is started; zero if one may be.</param>
/// <param name="Cause">Why the last start failed; <see langword="null"/> if it did not.</param>
internal sealed record PoolRefusal(
    PoolRefusalReason Reason,
    string KeyName,
    PoolLimits Limits,
    int BudgetLimit,
    int BudgetCount,
    int WorkerCount,
    int StartingCount,
    int EndingCount,
    int WaitingCount,
    TimeSpan LongestWait,
    TimeSpan Waited,
    TimeSpan TimeToNextStart,
    Exception? Cause)
{
    private const string Options = nameof(WorkerPoolOptions);

    /// <summary>The refusal as the caller sees it. For <see cref="PoolRefusalReason.StartFailed"/> the shell throws <see cref="Cause"/> instead, and for a closed key what it throws for a closed dispatcher.</summary>
    public WorkerPoolExhaustedException ToException()
    {
        string setting = Setting();
        return new WorkerPoolExhaustedException(Describe(setting), setting, Cause) { WorkerCount = WorkerCount, WaitingCount = WaitingCount, LongestWait = LongestWait };
    }

    private string Setting() => Reason switch
    {
        PoolRefusalReason.TooManyWaiting => $"{Options}.{nameof(WorkerPoolOptions.MaxWaiting)}",
        PoolRefusalReason.TimedOut => $"{Options}.{nameof(WorkerPoolOptions.AcquireTimeout)}",
        _ => $"{Options}.{nameof(WorkerPoolOptions.StartRetryDelay)}",
    };

    private string Describe(string setting)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        var text = new StringBuilder();
        text.Append(culture, $"No {KeyName} was free: ");
        _ = Reason switch
        {
            PoolRefusalReason.TooManyWaiting => text.Append(culture, $"{WaitingCount - 1} callers wait already ({setting} is {Limits.MaxWaiting})"),
            PoolRefusalReason.TimedOut => text.Append(culture, $"none became so within {Waited.TotalSeconds:0.###} s ({setting})"),
            PoolRefusalReason.StartFailed => text.Append("the one that was being started failed to"),
            PoolRefusalReason.StartsFailing => text.Append(culture, $"starts fail, and the next is tried only in {TimeToNextStart.TotalSeconds:0.###} s ({setting}), when the caller's time is up"),
            PoolRefusalReason.Draining => text.Append("the pool is being drained"),
            PoolRefusalReason.Closed => text.Append("the pool is closed"),
            _ => throw new InvalidOperationException($"Unknown reason {Reason}."),
        };
        text.Append(culture, $". It has {WorkerCount} of {Limits.MaxWorkers} workers ({Options}.{nameof(WorkerPoolOptions.MaxWorkers)}), {StartingCount} of them starting and {EndingCount} ending");
        if (BudgetLimit != int.MaxValue)
        {
            text.Append(culture, $"; {BudgetCount} of {BudgetLimit} places of the budget are taken ({nameof(WorkerBudget)}.{nameof(WorkerBudget.MaxWorkers)})");
        }

        text.Append(culture, $"; {WaitingCount} callers wait, the first for {LongestWait.TotalSeconds:0.###} s.");
        text.Append(Reason switch
        {
            PoolRefusalReason.TooManyWaiting or PoolRefusalReason.TimedOut when Cause is null => " Raise what is used up, close sessions sooner, or send less.",
            _ => "",
        });
        return Cause is null ? text.ToString() : text.Append(culture, $" The last start failed: {Cause.Message}").ToString();
    }
}
