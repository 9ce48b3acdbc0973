using Distributed.Protocol.Identities;
using Distributed.Transports;
using Distributed.Transports.SameHost;

namespace Distributed.Benchmarks.Exchanges;

/// <summary>Where ranks that are processes meet between measurements, so that all begin together and agree on what rank 0 measured.</summary>
internal sealed class RankRendezvous(string folder, int rank, int ranks) : IDisposable
{
    private readonly IExchange _exchange = Connect("rendezvous", folder, rank, ranks);
    private long _number;

    /// <summary>An exchange over shared memory under a name of its own.</summary>
    public static IExchange Connect(string name, string folder, int rank, int ranks) =>
        SameHostGroups.Connect(new GroupEpoch(new JobId("benchmark"), name, 1), rank, ranks, new SameHostOptions { Directory = folder });

    /// <summary>Everybody waits for all, and hears rank 0's value.</summary>
    public unsafe double Meet(double value = 0)
    {
        var heard = value;
        var (send, receive) = (new ExchangeBuffer[ranks], new ExchangeBuffer[ranks]);
        if (rank != 0) receive[0] = new ExchangeBuffer((nint)(&heard), sizeof(double));
        else for (var peer = 1; peer < ranks; peer++) send[peer] = new ExchangeBuffer((nint)(&value), sizeof(double));
        _exchange.Start(new ExchangeTag(1, _number++, 0, 0, ExchangePhase.Barrier), send, receive).Wait();
        return heard;
    }

    public void Dispose() => _exchange.Dispose();
}
