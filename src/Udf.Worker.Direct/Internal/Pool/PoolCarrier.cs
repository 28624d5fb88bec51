namespace Udf.Worker.Direct.Internal;

/// <summary>Carries out what the book asks for. Nothing of it waits, and nothing of it runs code of a user or of a transport on the caller's thread.</summary>
internal static class PoolCarrier
{
    /// <summary>Gives each new place its worker, so that whoever sees the place next finds it. Called under the lock of the book.</summary>
    public static void Prepare(in PoolEffects effects)
    {
        for (int index = 0; index < effects.Count; index++)
        {
            if (effects[index] is { Kind: PoolEffectKind.Start, Slot: { } slot })
            {
                slot.Tag = new PooledWorker(slot, PoolScope.Of(slot.Key).Pool);
            }
        }
    }

    /// <summary>Carries the effects of one call out, in their order. Called without a lock.</summary>
    public static void CarryOut(in PoolEffects effects)
    {
        Exception? told = null;
        for (int index = 0; index < effects.Count; index++)
        {
            PoolEffect effect = effects[index];
            switch (effect.Kind)
            {
                case PoolEffectKind.Start:
                    PooledWorker.Of(effect.Slot!).Begin();
                    break;
                case PoolEffectKind.End:
                    PooledWorker.Of(effect.Slot!).End();
                    break;
                case PoolEffectKind.Grant:
                    ((PoolCaller)effect.Waiter!).Grant(effect.Slot!);
                    break;
                case PoolEffectKind.Refuse:
                    ((PoolCaller)effect.Waiter!).Refuse(ToException(effect, ref told));
                    break;
                case PoolEffectKind.Emptied:
                    PoolScope.Of(effect.Key).SetEmptied();
                    break;
                default:
                    throw new InvalidOperationException($"Unknown effect {effect.Kind}.");
            }
        }
    }

    // Each caller throws what he gets: the first the failure itself, the others one of their own.
    private static Exception ToException(in PoolEffect effect, ref Exception? told)
    {
        PoolRefusal refusal = effect.Refusal!;
        try
        {
            return ToException(effect, refusal, ref told);
        }
        catch (Exception exception)
        {
            // A cause that throws when it is asked for its message. Who waits is to hear something, and so are all after him.
            return exception;
        }
    }

    private static Exception ToException(in PoolEffect effect, PoolRefusal refusal, ref Exception? told)
    {
        switch (refusal.Reason)
        {
            case PoolRefusalReason.StartFailed:
                Exception cause = refusal.Cause!;
                if (ReferenceEquals(told, cause))
                {
                    return StartFailures.Another(cause);
                }

                told = cause;
                return cause;
            case PoolRefusalReason.Closed or PoolRefusalReason.Draining:
                return PoolScope.Of(effect.Key).Pool.Refused();
            case PoolRefusalReason.TooManyWaiting or PoolRefusalReason.TimedOut or PoolRefusalReason.StartsFailing:
                return refusal.ToException();
            default:
                throw new InvalidOperationException($"Unknown reason {refusal.Reason}.");
        }
    }
}
