namespace Distributed.Parallel.Overlap;

/// <summary>What an exchange that is under way will bring.</summary>
/// <param name="finish">Waits for it; called once.</param>
public sealed class PendingResult<T>(Func<T> finish)
{
    /// <summary>Waits until it is there. Once only; tensors that it gives belong to the caller's dispose scope.</summary>
    /// <exception cref="Transports.ExchangeAbortedException">The group was fenced.</exception>
    /// <exception cref="Transports.ExchangeTimeoutException">Ranks did not arrive in time.</exception>
    public T Wait() => finish();

    /// <summary>What is made of it once it is there.</summary>
    public PendingResult<TNext> Then<TNext>(Func<T, TNext> next) => new(() => next(finish()));
}

/// <summary>Things that need no waiting for.</summary>
public static class PendingResult
{
    /// <summary>There already.</summary>
    public static PendingResult<T> Of<T>(T value) => new(() => value);
}
