using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Distributed.Transports;
using Distributed.Worker.Hosting;

namespace Distributed.Benchmarks.Exchanges;

/// <summary>One process of <see cref="AllToAllBenchmark"/>. Rank 0 writes its measurements, one JSON object per line.</summary>
internal sealed unsafe class AllToAllRank : IDisposable
{
    /// <summary>Name of the hidden command.</summary>
    public const string Verb = "all-to-all-rank";

    private const double Seconds = 0.2; // minimum duration of a measurement
    private static readonly Lazy<NcclMachine> NcclHere = new(() => new NcclMachine(NcclFiles.OfEnvironment()));
    private readonly int _rank, _ranks;
    private readonly RankRendezvous _rendezvous;
    private readonly Dictionary<string, IExchange> _exchanges;
    private readonly RawSockets _sockets;
    private readonly byte* _send, _receive;

    private AllToAllRank(string folder, int rank, int ranks)
    {
        (_rank, _ranks) = (rank, ranks);
        _exchanges = Transports(ranks).ToDictionary(name => name, name => Connect(name, folder));
        _rendezvous = new RankRendezvous(folder, rank, ranks);
        _sockets = new RawSockets(folder, rank, ranks);
        _send = Memory();
        _receive = Memory();
    }

    /// <summary>The measured transports; NCCL only if each rank has a GPU.</summary>
    public static IReadOnlyList<string> Transports(int ranks) =>
        ["same_host", "grpc", .. NcclHere.Value.Offer.Devices.Count >= ranks ? (string[])["nccl"] : []];

    /// <summary>Measures every size and transport in alternation, for a number of rounds.</summary>
    public static int Run(string folder, int rank, int ranks, int rounds)
    {
        using var measured = new AllToAllRank(folder, rank, ranks);
        foreach (var size in AllToAllBenchmark.Sizes)
            for (var round = 0; round < rounds; round++) measured.Measure(size);
        return 0;
    }

    public void Dispose()
    {
        foreach (var exchange in _exchanges.Values) exchange.Dispose();
        _rendezvous.Dispose();
        _sockets.Dispose();
        NativeMemory.AlignedFree(_send);
        NativeMemory.AlignedFree(_receive);
    }

    private void Measure(long size)
    {
        Report("memory_copy", size, _rank == 0 ? Time(() => NativeMemory.Copy(_send, _receive, (nuint)size), alone: true) : 0);
        Report("raw_socket", size, Time(() => _sockets.Exchange(_send, _receive, size / (_ranks - 1)), alone: false));
        foreach (var (name, exchange) in _exchanges) Report(name, size, Time(() => Exchange(exchange, size / (_ranks - 1)), alone: false));
    }

    private void Report(string way, long size, double seconds)
    {
        _rendezvous.Synchronize();
        if (_rank == 0) Console.Out.WriteLine(new JsonObject { ["way"] = way, ["bytes"] = size, ["seconds"] = seconds }.ToJsonString());
    }

    // Returns seconds per action. Rank 0 determines the number of repetitions for all ranks.
    private double Time(Action action, bool alone)
    {
        long count;
        for (count = 1; ; count *= 2)
        {
            var taken = Repeat(action, count, alone);
            if (taken >= Seconds) return taken / count;
        }
    }

    private double Repeat(Action action, long count, bool alone)
    {
        if (!alone) _rendezvous.Synchronize();
        var start = Stopwatch.GetTimestamp();
        for (var i = 0L; i < count; i++) action();
        var taken = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return alone ? taken : _rendezvous.Synchronize(taken);
    }

    private void Exchange(IExchange exchange, long each)
    {
        Span<ExchangeBuffer> send = stackalloc ExchangeBuffer[_ranks], receive = stackalloc ExchangeBuffer[_ranks];
        for (var (peer, at) = (0, 0L); peer < _ranks; peer++)
        {
            if (peer == _rank) continue;
            send[peer] = new ExchangeBuffer((nint)(_send + at), each);
            receive[peer] = new ExchangeBuffer((nint)(_receive + at), each);
            at += each;
        }

        exchange.Start(new ExchangeTag(1, 0, 0, 0, ExchangePhase.Dispatch), send, receive).Wait();
    }

    private IExchange Connect(string name, string folder) => name switch
    {
        "same_host" => RankRendezvous.Connect(name, folder, _rank, _ranks),
        "grpc" => new RankServer(folder, name, _rank, _ranks).Grpc(),
        "nccl" => new RankServer(folder, name, _rank, _ranks).Nccl(NcclHere.Value),
        _ => throw new ArgumentException($"Unknown transport: {name}.", nameof(name)),
    };

    private static byte* Memory()
    {
        var bytes = (nuint)AllToAllBenchmark.Sizes.Max();
        var memory = (byte*)NativeMemory.AlignedAlloc(bytes, 4096);
        NativeMemory.Fill(memory, bytes, 1);
        return memory;
    }
}
