using System.ComponentModel;
using System.Runtime.InteropServices;
using Distributed.Protocol.Identities;
using Distributed.Transports;

namespace Distributed.Worker.Checks;

/// <summary>Measures an exchange between two ranks that are threads: each sends the other 16 MiB; the best of 20 rounds counts.</summary>
internal static class ExchangeCheck
{
    /// <summary>The timeout of every wait for the other rank.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private const int Bytes = 16 << 20, Rounds = 20;

    /// <summary>Identity of the group of two ranks that tests a transport.</summary>
    public static GroupEpoch Identity { get; } = new(new JobId("check"), "check", 1);

    /// <summary>Runs two ranks that send to each other.</summary>
    /// <param name="name">Name of the transport.</param>
    /// <param name="connect">
    /// Connects a rank; called on the rank's own thread, for both ranks concurrently. The result is disposed here.
    /// </param>
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
        return problem is null ? new TransportCheck(name, Bytes / seconds / 1e9, null) : new TransportCheck(name, null, Describe(problem));
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
            for (var round = 0; round < Rounds; round++) // the same number on both ranks
                best = Math.Min(best,
                    Timing.Once(() => exchange.Start(new ExchangeTag(1, round, 0, 0, ExchangePhase.Dispatch), to, from).Wait()));
            return best;
        }
        finally
        {
            NativeMemory.Free((void*)send);
            NativeMemory.Free((void*)receive);
        }
    }

    private static string Describe(Exception problem) =>
        problem is Win32Exception error ? $"the operating system reports: {error.Message}" : problem.Message;
}
