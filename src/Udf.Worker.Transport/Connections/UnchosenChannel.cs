using System.Diagnostics.CodeAnalysis;
using Udf.Worker.Protocol;

namespace Udf.Worker.Transport.Internal;

/// <summary>Stands for the channel of a session until its function is known, which decides what carries it. Nothing is sent or received on it.</summary>
[ExcludeFromCodeCoverage(Justification = "Its members are what an abstract class asks for; nobody calls those that throw.")]
internal sealed class UnchosenChannel : ExecutionChannel
{
    private UnchosenChannel()
    {
    }

    internal static UnchosenChannel Instance { get; } = new();

    internal override IFrameReader Reader => throw NotChosen();

    internal override IFrameWriter Writer => throw NotChosen();

    internal override bool IsVerified => false;

    internal override ValueTask<WorkerPrefaceCheck> VerifyAsync(CancellationToken cancellationToken) => throw NotChosen();

    internal override void Abort()
    {
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static InvalidOperationException NotChosen() => new("The channel has not been chosen.");
}
