using Distributed.Transports.SameHost;

namespace Distributed.Transports.Tests.SameHost;

/// <summary>Rank 1 of two in a separate process. It takes part in one exchange, then waits until it is killed.</summary>
internal sealed class SameHostRankProcess(HostFolder folder) : RankProcess(Argument, folder.Path)
{
    public const string Argument = "same-host-rank";

    /// <summary>Runs in the separate process. Ends with its standard input, so that no process is left behind.</summary>
    public static int Run(string[] args)
    {
        using var end = SameHostGroups.Connect(HostFolder.TestGroup, rank: 1, size: 2, new SameHostOptions { Directory = args[0] });
        end.Start(Traffic.Tag(0), new ExchangeBuffer[2], new ExchangeBuffer[2]).Wait();
        while (Console.In.ReadLine() is not null)
        {
        }
        return 0;
    }
}
