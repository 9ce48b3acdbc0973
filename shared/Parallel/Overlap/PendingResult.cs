namespace Distributed.Parallel.Overlap;

/// <summary>The result of an exchange in flight.</summary>
/// <param name="finish">Waits for the exchange and returns the result; called once.</param>
public sealed class PendingResult<T>(Func<T> finish)
{
    /// <summary>Waits for the result. Call once only. Returned tensors belong to the caller's dispose scope.</summary>
    /// <exception cref="Transports.ExchangeAbortedException">The group was fenced.</exception>
    /// <exception cref="Transports.ExchangeTimeoutException">A rank did not arrive in time.</exception>
    public T Wait() => finish();

    /// <summary>Applies <paramref name="next"/> to the result when the returned object is waited for.</summary>
    public PendingResult<TNext> Then<TNext>(Func<T, TNext> next) => new(() => next(finish()));
}

/// <summary>Creates results that are already available.</summary>
public static class PendingResult
{
    /// <summary>Wraps a value that is already available.</summary>
    public static PendingResult<T> Of<T>(T value) => new(() => value);
}
