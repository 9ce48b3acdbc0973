using System.ComponentModel;
using System.Runtime.InteropServices;
using Distributed.Protocol.Identities;
using Distributed.Transports;
using Distributed.Transports.SameHost;

namespace Distributed.Worker.Checks;

/// <summary>Tries the exchange over shared memory: two ranks, each a thread with a mapping of its own.</summary>
internal static class SameHostCheck
{
    private const string Name = "same-host";
    private const int Bytes = 16 << 20, Rounds = 20;

    public static TransportCheck Run()
    {
        if (!SameHostGroups.IsAvailable) return new TransportCheck(Name, null, "needs Linux on x64 or arm64");
        var folder = Directory.CreateTempSubdirectory("distributed-check-").FullName;
        try
        {
            var (seconds, problem) = (0.0, (Exception?)null);
            var options = new SameHostOptions { Directory = folder, MeetTimeout = TimeSpan.FromSeconds(10), Exchange = new ExchangeOptions { Timeout = TimeSpan.FromSeconds(10) } };
            Thread[] ranks = [.. Enumerable.Range(0, 2).Select(rank => new Thread(() =>
            {
                try
                {
                    var taken = Exchange(rank, options);
                    if (rank == 0) seconds = taken;
                }
                catch (Exception error)
                {
                    Interlocked.CompareExchange(ref problem, error, null);
                }
            }))];
            foreach (var rank in ranks) rank.Start();
            foreach (var rank in ranks) rank.Join();
            return problem is null ? new TransportCheck(Name, Bytes / seconds / 1e9, null) : new TransportCheck(Name, null, problem is Win32Exception refused ? $"the system refuses: {refused.Message}" : problem.Message);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static unsafe double Exchange(int rank, SameHostOptions options)
    {
        var (send, receive) = ((nint)NativeMemory.AllocZeroed(Bytes), (nint)NativeMemory.AllocZeroed(Bytes));
        try
        {
            using var exchange = SameHostGroups.Connect(new GroupEpoch(new JobId("check"), "check", 1), rank, 2, options);
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
}
