namespace Distributed.Transports.Tests;

/// <summary>
/// The bytes that one rank sends and receives in one exchange. Lengths and bytes are a function of (round, source, destination), so the
/// receiver can check them. One length in four is 0.
/// </summary>
internal sealed class Traffic : IDisposable
{
    private readonly int _rank, _round;
    private readonly NativeBytes[] _send, _receive;

    public Traffic(int size, int rank, int round)
    {
        (_rank, _round) = (rank, round);
        _send = [.. Enumerable.Range(0, size).Select(peer => new NativeBytes(Content(rank, peer).Length))];
        _receive = [.. Enumerable.Range(0, size).Select(peer => new NativeBytes(Content(peer, rank).Length))];
        for (var peer = 0; peer < size; peer++) Content(rank, peer).CopyTo(_send[peer].Bytes);
    }

    public static ExchangeTag Tag(int round) => new(Epoch: 1, Step: round, MicroBatch: 0, Layer: 2, ExchangePhase.Dispatch);

    public IExchangeHandle Start(IExchange end) =>
        end.Start(Tag(_round), [.. _send.Select(b => b.Buffer)], [.. _receive.Select(b => b.Buffer)]);

    public void AssertArrived()
    {
        for (var peer = 0; peer < _receive.Length; peer++)
        {
            Assert.True(_receive[peer].Bytes.SequenceEqual(Content(peer, _rank)), $"round {_round}: {peer} to {_rank}");
            Assert.True(_receive[peer].IsGuardIntact);
        }
    }

    public void Dispose()
    {
        foreach (var bytes in _send.Concat(_receive)) bytes.Dispose();
    }

    private byte[] Content(int source, int destination)
    {
        var random = new Random(_round * 10_007 + source * 101 + destination);
        var bytes = new byte[random.Next(4) == 0 ? 0 : random.Next(1, 20_000)];
        random.NextBytes(bytes);
        return bytes;
    }
}
