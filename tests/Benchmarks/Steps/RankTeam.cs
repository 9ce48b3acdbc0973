using System.Diagnostics;
using Distributed.Parallel.Collectives;
using Distributed.Tensors.Processor;
using Distributed.Transports.InMemory;

namespace Distributed.Benchmarks.Steps;

/// <summary>
/// Workers of one thread each, either as one expert-parallel group or each with all experts and no exchange. They wait between
/// measurements, so that two teams can be measured in alternation.
/// </summary>
internal sealed class RankTeam : IDisposable
{
    private readonly Barrier _begin, _end;
    private readonly Thread[] _threads;
    private readonly double[] _exchange, _bytes;
    private volatile int _steps;

    public RankTeam(BenchmarkOptions options, int ranks, bool exchanging, MeasuredSetup setup, SimulatedLink? link = null)
    {
        (_exchange, _bytes) = (new double[ranks], new double[ranks]);
        _begin = new Barrier(ranks + 1);
        _end = new Barrier(ranks + 1);
        var fabric = new InMemoryFabric(exchanging ? ranks : 1, link: link);
        var alone = Enumerable.Range(0, ranks).Select(_ => new InMemoryFabric(1)).ToArray();
        _threads = [.. Enumerable.Range(0, ranks).Select(rank => new Thread(() =>
        {
            ComputeThread.Prepare(1);
            var exchange = new ByteCounter(exchanging ? fabric.Endpoint(rank) : alone[rank].Endpoint(0));
            using var network = new MeasuredNetwork(options, exchange, new ExchangeCollectives(exchange), rank, ranks, setup);
            while (true)
            {
                _begin.SignalAndWait();
                if (_steps == 0) return;
                var (time, bytes) = (network.ExchangeTime, exchange.Sent);
                for (var i = 0; i < _steps; i++) network.Step();
                (_exchange[rank], _bytes[rank]) = ((network.ExchangeTime - time).TotalSeconds, exchange.Sent - bytes);
                _end.SignalAndWait();
            }
        }) { IsBackground = true })];
        foreach (var thread in _threads) thread.Start();
    }

    /// <summary>
    /// Seconds that a worker spent in token exchanges during the last measurement, waiting included; mean of all workers.
    /// </summary>
    public double ExchangeSeconds => _exchange.Average();

    /// <summary>Bytes that a worker sent to others during the last measurement; mean of all workers.</summary>
    public double BytesSent => _bytes.Average();

    /// <summary>Runs a number of steps on all workers. Returns the seconds until all have finished.</summary>
    public double Time(int steps)
    {
        _steps = steps;
        _begin.SignalAndWait();
        var start = Stopwatch.GetTimestamp();
        _end.SignalAndWait();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    public void Dispose()
    {
        _steps = 0;
        _begin.SignalAndWait();
        foreach (var thread in _threads) thread.Join();
        _begin.Dispose();
        _end.Dispose();
    }
}
