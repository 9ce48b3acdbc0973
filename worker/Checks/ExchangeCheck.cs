using System.ComponentModel;
using System.Runtime.InteropServices;
using Distributed.Protocol.Identities;
using Distributed.Transports;

namespace Distributed.Worker.Checks;

/// <summary>Tries an exchange: ranks that are threads send each other 16 MiB, the best of some times.</summary>
internal static class ExchangeCheck
{
    /// <summary>The longest wait for another rank.</summary>
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    private const int Bytes = 16 << 20, Rounds = 20;

    /// <summary>The group of two that tries a transport.</summary>
    public static GroupEpoch Identity { get; } = new(new JobId("check"), "check", 1);

    /// <summary>Two ranks, of which each sends to the other.</summary>
    /// <param name="name">Of the transport.</param>
    /// <param name="connect">A rank's end; on the rank's own thread, both at once. It is disposed of.</param>
    public static TransportCheck OfTwo(string name, Func<int, IExchange> connect)
    {
        var (seconds, problem) = (0.0, (Exception?)null);
        Thread[] ranks = [.. Enumerable.Range(0, 2).Select(rank => new Thread(() =>
        {
            try
            {
                var taken = Measure(connect, rank);
                if (rank == 0) seconds = taken;
            }
            catch (Exception error)
            {
                Interlocked.CompareExchange(ref problem, error, null);
            }
        }))];
        foreach (var rank in ranks) rank.Start();
        foreach (var rank in ranks) rank.Join();
        return problem is null ? new TransportCheck(name, Bytes / seconds / 1e9, null) : new TransportCheck(name, null, Words(problem));
    }

    private static unsafe double Measure(Func<int, IExchange> connect, int rank)
    {
        var (send, receive) = ((nint)NativeMemory.AllocZeroed(Bytes), (nint)NativeMemory.AllocZeroed(Bytes));
        try
        {
            using var exchange = connect(rank);
            var (to, from) = (new ExchangeBuffer[2], new ExchangeBuffer[2]);
            (to[1 - rank], from[1 - rank]) = (new ExchangeBuffer(send, Bytes), new ExchangeBuffer(receive, Bytes));
            var best = double.PositiveInfinity;
            for (var round = 0; round < Rounds; round++) // both do as many
                best = Math.Min(best, Timing.Once(() => exchange.Start(new ExchangeTag(1, round, 0, 0, ExchangePhase.Dispatch), to, from).Wait()));
            return best;
        }
        finally
        {
            NativeMemory.Free((void*)send);
            NativeMemory.Free((void*)receive);
        }
    }

    private static string Words(Exception problem) => problem is Win32Exception refused ? $"the system refuses: {refused.Message}" : problem.Message;
}
