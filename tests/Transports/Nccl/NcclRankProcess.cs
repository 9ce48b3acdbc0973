using System.Globalization;
using Distributed.Transports.Nccl;

namespace Distributed.Transports.Tests.Nccl;

/// <summary>One rank in a separate process: performs the given task and prints the result.</summary>
internal static class NcclRankProcess
{
    public const string Argument = "nccl-rank";

    /// <summary>Runs the rank. Arguments: library, unique id, rank, size, folder of the fence, task.</summary>
    public static int Run(string[] args)
    {
        var (rank, size) = (int.Parse(args[2], CultureInfo.InvariantCulture), int.Parse(args[3], CultureInfo.InvariantCulture));
        using var fence = new FileNcclFence(args[4], rank, size);
        try
        {
            using var end = NcclExchange.Connect(
                NcclLibrary.Load(args[0]), Convert.FromHexString(args[1]), rank, size, fence,
                new ExchangeOptions { Timeout = TimeSpan.FromSeconds(60) }, new HostDevice(), TimeSpan.FromSeconds(60));
            Do(args[5], end);
            Console.WriteLine("done");
        }
        catch (Exception e)
        {
            Console.WriteLine($"{e.GetType().Name}: {e.Message}");
        }
        return 0;
    }

    private static void Do(string what, NcclExchange end)
    {
        Exchange(end, rounds: 1);
        var lastRank = end.Rank == end.Size - 1;
        switch (what)
        {
            case "work":
                Exchange(end, rounds: 40);
                AllReduce(end);
                return;
            case "wait for the last":
                Console.WriteLine("ready");
                if (lastRank) Console.In.ReadLine(); // until it is killed
                Exchange(end, rounds: 1);
                return;
            case "the last aborts":
                if (lastRank) end.Abort(new InvalidOperationException("its loss is not finite"));
                Exchange(end, rounds: 1);
                return;
            default:
                throw new ArgumentOutOfRangeException(nameof(what), what, "The task is unknown.");
        }
    }

    private static void Exchange(NcclExchange end, int rounds)
    {
        for (var round = 0; round < rounds; round++)
        {
            using Traffic first = new(end.Size, end.Rank, 2 * round), second = new(end.Size, end.Rank, 2 * round + 1);
            IExchangeHandle[] handles = [first.Start(end), second.Start(end)];
            handles[1].Wait();
            handles[0].Wait();
            first.AssertArrived();
            second.AssertArrived();
        }
    }

    private static unsafe void AllReduce(NcclExchange end)
    {
        var value = 1L + end.Rank;
        new NcclCollectives(end).AllReduce((nint)(&value), 1, NcclDataType.Int64);
        Console.WriteLine($"sum {value}");
    }
}
