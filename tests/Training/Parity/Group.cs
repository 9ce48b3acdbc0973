using System.Runtime.ExceptionServices;
using Distributed.Parallel.Collectives;
using Distributed.Transports;
using Distributed.Transports.InMemory;
using TorchSharp;

namespace Distributed.Training.Tests.Parity;

/// <summary>Runs every rank of a group on a thread of its own over the in-memory exchange.</summary>
internal static class Group
{
    /// <summary>Each rank's result; the first failure of any rank is thrown after all have ended.</summary>
    public static T[] Run<T>(int size, Func<IExchange, ICollectives, T> rank, int threadsPerRank = 1)
    {
        var fabric = new InMemoryFabric(size, new ExchangeOptions { Timeout = TimeSpan.FromMinutes(2) });
        var results = new T[size];
        var errors = new Exception?[size];
        var threads = Enumerable.Range(0, size).Select(index => new Thread(() =>
        {
            torch.set_num_threads(threadsPerRank);
            var exchange = fabric.Endpoint(index);
            try
            {
                results[index] = rank(exchange, new ExchangeCollectives(exchange));
            }
            catch (Exception error)
            {
                errors[index] = error;
                exchange.Abort(error);
            }
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        var first = errors.FirstOrDefault(error => error is not null and not ExchangeAbortedException) ?? errors.FirstOrDefault(error => error is not null);
        if (first is not null) ExceptionDispatchInfo.Throw(first);
        return results;
    }
}
