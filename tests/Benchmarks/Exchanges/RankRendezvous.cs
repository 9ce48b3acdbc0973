using Distributed.Protocol.Identities;
using Distributed.Transports;
using Distributed.Transports.SameHost;

namespace Distributed.Benchmarks.Exchanges;

/// <summary>
/// A barrier of ranks that are processes, so that all start a measurement together and use the value that rank 0 measured.
/// </summary>
internal sealed class RankRendezvous(string folder, int rank, int ranks) : IDisposable
{
    private readonly IExchange _exchange = Connect("rendezvous", folder, rank, ranks);
    private long _number;

    /// <summary>Connects an exchange over shared memory, for a group with its own name.</summary>
    public static IExchange Connect(string name, string folder, int rank, int ranks) =>
        SameHostGroups.Connect(new GroupEpoch(new JobId("benchmark"), name, 1), rank, ranks, new SameHostOptions { Directory = folder });

    /// <summary>Waits for all ranks. Returns rank 0's value.</summary>
    public unsafe double Synchronize(double value = 0)
    {
        var received = value;
        var (send, receive) = (new ExchangeBuffer[ranks], new ExchangeBuffer[ranks]);
        if (rank != 0) receive[0] = new ExchangeBuffer((nint)(&received), sizeof(double));
        else for (var peer = 1; peer < ranks; peer++) send[peer] = new ExchangeBuffer((nint)(&value), sizeof(double));
        _exchange.Start(new ExchangeTag(1, _number++, 0, 0, ExchangePhase.Barrier), send, receive).Wait();
        return received;
    }

    public void Dispose() => _exchange.Dispose();
}
