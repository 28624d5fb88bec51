using System.Globalization;
using Udf.Worker.Transport.Internal;

namespace Udf.Worker.Transport.Tests.Connections;

/// <summary>Which functions count as those of small batches, and for how long that is remembered.</summary>
public class FunctionBatchSizesTests
{
    private const int Small = FunctionBatchSizes.SmallBytes - 1;
    private const int Between = FunctionBatchSizes.SmallBytes;
    private const int Large = FunctionBatchSizes.LargeBytes;

    private readonly FunctionBatchSizes _sizes = new();

    [Theory]
    [InlineData(false)]
    [InlineData(false, Small)]
    [InlineData(true, Small, Small)]
    [InlineData(true, 0, 0)]
    [InlineData(false, Small, Between, Small)]
    [InlineData(true, Small, Between, Small, Small)]
    [InlineData(true, Small, Small, Between, Large - 1, Between)]
    [InlineData(false, Small, Small, Large)]
    [InlineData(false, Small, Small, Large, Small)]
    [InlineData(true, Small, Small, Large, Small, Small)]
    [InlineData(false, Large, Between, Between)]
    public void IsSmall_AfterExecutionsOfTheseAverages(bool isSmall, params int[] averages)
    {
        foreach (int average in averages)
        {
            _sizes.Note(new WorkerPayload("f"), average);
        }

        Assert.Equal(isSmall, _sizes.IsSmall(new WorkerPayload("f")));
        Assert.Equal(isSmall, _sizes.HasSmall);
        Assert.False(_sizes.IsSmall(new WorkerPayload("f", new byte[] { 1 })));
        Assert.False(_sizes.IsSmall(new WorkerPayload("g")));
    }

    [Fact]
    public void Note_MoreFunctionsThanAreHeld_ForgetsThoseThatRanLongestAgo()
    {
        WorkerPayload first = Function(0);
        Learn(first);
        for (int number = 1; number <= FunctionBatchSizes.MostFunctions; number++)
        {
            Learn(Function(number));

            // It runs again and again, and stays.
            _sizes.Note(first, Between);
        }

        Assert.Equal(FunctionBatchSizes.MostFunctions, _sizes.Count);
        Assert.True(_sizes.IsSmall(first));
        Assert.False(_sizes.IsSmall(Function(1)));
        Assert.True(_sizes.IsSmall(Function(2)));
        for (int number = 2; number <= FunctionBatchSizes.MostFunctions; number++)
        {
            _sizes.Note(Function(number), Large);
        }

        Assert.True(_sizes.HasSmall);
        _sizes.Note(first, Large);
        Assert.False(_sizes.HasSmall);
    }

    [Fact]
    public void Note_LongPayload_IsNotRemembered()
    {
        var payload = new WorkerPayload("f", new byte[FunctionBatchSizes.LongestPayloadBytes + 1]);

        Learn(payload);

        Assert.Equal(0, _sizes.Count);
        Assert.False(_sizes.IsSmall(payload));
    }

    private static WorkerPayload Function(int number) => new(number.ToString(CultureInfo.InvariantCulture));

    private void Learn(WorkerPayload payload)
    {
        for (int count = 0; count < FunctionBatchSizes.FewBefore; count++)
        {
            _sizes.Note(payload, Small);
        }
    }
}
