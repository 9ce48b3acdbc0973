using System.Runtime.ExceptionServices;
using Distributed.Parallel.Collectives;
using Distributed.Planning;
using Distributed.Transports;
using Distributed.Transports.InMemory;
using TorchSharp;

namespace Distributed.Training.Tests.Parity;

/// <summary>Runs every rank of a group on its own thread over the in-memory exchange.</summary>
internal static class Group
{
    /// <summary>Runs a group without replicas.</summary>
    public static T[] Run<T>(int size, Func<IExchange, ICollectives, T> rank, int threadsPerRank = 1) =>
        Run(new RankGrid(size, 1), (groups, world, _) => rank(groups.World, world), threadsPerRank);

    /// <summary>Returns each rank's result. If a rank fails, its exception is thrown after all ranks have ended.</summary>
    public static T[] Run<T>(RankGrid grid, Func<RankGroups, ICollectives, ICollectives, T> rank, int threadsPerRank = 1)
    {
        var all = InMemoryGroups.Create(grid, new ExchangeOptions { Timeout = TimeSpan.FromMinutes(2) });
        var results = new T[grid.World];
        var errors = new Exception?[grid.World];
        var threads = Enumerable.Range(0, grid.World).Select(index => new Thread(() =>
        {
            torch.set_num_threads(threadsPerRank);
            var groups = all[index];
            try
            {
                results[index] = rank(groups, new ExchangeCollectives(groups.World), new ExchangeCollectives(groups.Replicas));
            }
            catch (Exception error)
            {
                errors[index] = error;
                groups.World.Abort(error);
            }
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        var first = errors.FirstOrDefault(error => error is not null and not ExchangeAbortedException)
            ?? errors.FirstOrDefault(error => error is not null);
        if (first is not null) ExceptionDispatchInfo.Throw(first);
        return results;
    }
}
