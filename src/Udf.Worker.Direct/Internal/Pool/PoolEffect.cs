namespace Udf.Worker.Direct.Internal;

/// <summary>One thing that the shell has to do.</summary>
/// <param name="Kind">What.</param>
/// <param name="Key">Whose.</param>
/// <param name="Slot">With which worker, for all but <see cref="PoolEffectKind.Refuse"/> and <see cref="PoolEffectKind.Emptied"/>.</param>
/// <param name="Waiter">For whom, for <see cref="PoolEffectKind.Grant"/> and <see cref="PoolEffectKind.Refuse"/>.</param>
/// <param name="Refusal">Why, for <see cref="PoolEffectKind.Refuse"/>.</param>
internal readonly record struct PoolEffect(PoolEffectKind Kind, PoolKeyState Key, PoolSlot? Slot = null, PoolWaiter? Waiter = null, PoolRefusal? Refusal = null);
