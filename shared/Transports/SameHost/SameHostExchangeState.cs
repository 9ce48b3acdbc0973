namespace Distributed.Transports.SameHost;

/// <summary>One exchange of a <see cref="SameHostExchange"/>, as this rank has started it.</summary>
/// <param name="Number">Number of the exchange, from 0.</param>
/// <param name="Tag">Tag of the exchange.</param>
/// <param name="Send">Send buffers, by destination rank.</param>
/// <param name="Receive">Receive buffers, by source rank.</param>
/// <param name="parts">Number of messages to and from other ranks.</param>
internal sealed class SameHostExchangeState(long Number, ExchangeTag Tag, ExchangeBuffer[] Send, ExchangeBuffer[] Receive, int parts)
{
    private int _open = parts;

    public long Number { get; } = Number;

    public ExchangeTag Tag { get; } = Tag;

    public ExchangeBuffer[] Send { get; } = Send;

    public ExchangeBuffer[] Receive { get; } = Receive;

    public bool IsDone => Volatile.Read(ref _open) == 0;

    public void OnePartDone() => _open--;
}
