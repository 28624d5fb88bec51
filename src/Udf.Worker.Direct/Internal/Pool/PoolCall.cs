namespace Udf.Worker.Direct.Internal;

/// <summary>One call to the book, made under its lock.</summary>
/// <param name="book">The book.</param>
/// <param name="state">What the call is about; given along, so that nothing is allocated for it.</param>
/// <param name="now">The time.</param>
/// <param name="effects">What is to be done afterwards.</param>
internal delegate TResult PoolCall<TState, TResult>(PoolBook book, TState state, TimeSpan now, ref PoolEffects effects);
