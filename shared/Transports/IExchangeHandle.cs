namespace Distributed.Transports;

/// <summary>An exchange that has been started; see <see cref="IExchange"/> for the contract.</summary>
public interface IExchangeHandle
{
    /// <summary>
    /// Whether <see cref="Wait"/> would end at once, by returning or because the group was aborted. Never waits
    /// for another rank, but may copy what is ready to be copied.
    /// </summary>
    bool IsCompleted { get; }

    /// <summary>
    /// Waits until the exchange is complete on this rank, at most <see cref="ExchangeOptions.Timeout"/>.
    /// Returns at once when called again.
    /// </summary>
    /// <exception cref="ExchangeAbortedException">The group was aborted before the exchange was complete.</exception>
    /// <exception cref="ExchangeTimeoutException">Ranks did not arrive in time.</exception>
    void Wait();
}
