using System.Runtime.ExceptionServices;

namespace Distributed.Transports.Tests;

/// <summary>Runs one thread for each rank, like workers in one process. Every wait has a time limit.</summary>
internal static class RankThreads
{
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(60);

    /// <summary>Runs <paramref name="body"/> for each rank. Returns the exception of each rank, or null.</summary>
    public static Exception?[] Catch(int size, Action<int> body, TimeSpan? bound = null)
    {
        var thrown = new Exception?[size];
        var threads = Enumerable.Range(0, size).Select(rank => new Thread(() =>
        {
            try
            {
                body(rank);
            }
            catch (Exception e)
            {
                thrown[rank] = e;
            }
        }) { IsBackground = true, Name = $"rank {rank}" }).ToArray();
        foreach (var thread in threads) thread.Start();
        for (var rank = 0; rank < size; rank++)
        {
            Assert.True(threads[rank].Join(bound ?? Usual), $"rank {rank} did not end within {bound ?? Usual}");
        }
        return thrown;
    }

    /// <summary>Runs <paramref name="body"/> for each rank. Throws the exception of the lowest rank that failed.</summary>
    public static void Run(int size, Action<int> body, TimeSpan? bound = null)
    {
        if (Array.Find(Catch(size, body, bound), e => e is not null) is { } first)
        {
            ExceptionDispatchInfo.Capture(first).Throw();
        }
    }
}
