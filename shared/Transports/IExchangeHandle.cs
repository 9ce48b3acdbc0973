namespace Distributed.Transports;

/// <summary>An exchange that has been started; see <see cref="IExchange"/> for the contract.</summary>
public interface IExchangeHandle
{
    /// <summary>
    /// Whether <see cref="Wait"/> would return or throw at once, because the exchange is complete or the group is aborted. Never waits for
    /// another rank, but may copy bytes that are ready.
    /// </summary>
    bool IsCompleted { get; }

    /// <summary>
    /// Waits until the exchange is complete on this rank, at most <see cref="ExchangeOptions.Timeout"/>.
    /// Returns at once if called again.
    /// </summary>
    /// <exception cref="ExchangeAbortedException">The group was aborted before the exchange was complete.</exception>
    /// <exception cref="ExchangeTimeoutException">Ranks did not start the exchange in time.</exception>
    void Wait();
}
