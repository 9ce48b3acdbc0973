namespace Distributed.Transports.SameHost;

/// <summary>One exchange of a <see cref="SameHostExchange"/>, as its own rank has started it.</summary>
/// <param name="Number">From 0.</param>
/// <param name="Tag">What it is for.</param>
/// <param name="Send">By destination rank.</param>
/// <param name="Receive">By source rank.</param>
/// <param name="parts">Messages there and back, the rank's own left out.</param>
internal sealed class HostRound(long Number, ExchangeTag Tag, ExchangeBuffer[] Send, ExchangeBuffer[] Receive, int parts)
{
    private int _open = parts;

    public long Number { get; } = Number;

    public ExchangeTag Tag { get; } = Tag;

    public ExchangeBuffer[] Send { get; } = Send;

    public ExchangeBuffer[] Receive { get; } = Receive;

    public bool IsDone => Volatile.Read(ref _open) == 0;

    public void OnePartDone() => _open--;
}
