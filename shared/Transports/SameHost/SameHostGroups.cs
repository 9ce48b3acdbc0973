using Distributed.Planning;
using Distributed.Protocol.Identities;

namespace Distributed.Transports.SameHost;

/// <summary>Groups whose ranks are processes of one host and one user, and see each other's processes.</summary>
public static class SameHostGroups
{
    private const int World = 0, Experts = 1, Replicas = 2, Sets = 3;

    /// <summary>Whether this machine can.</summary>
    public static bool IsAvailable => Libc.IsAvailable;

    /// <summary>One rank's end of a group without others beside it; returns when all ranks have come.</summary>
    /// <param name="group">Job, group and epoch; the same on every rank, and never used twice.</param>
    /// <param name="rank">Of this end, from 0.</param>
    /// <param name="size">Ranks, at least 1.</param>
    /// <param name="options">Settings.</param>
    /// <param name="cancellation">Ends the waiting early.</param>
    /// <exception cref="ArgumentException">A number or an option is out of range.</exception>
    /// <exception cref="TimeoutException">Not all ranks came; names them.</exception>
    /// <exception cref="PlatformNotSupportedException">Not on this machine.</exception>
    /// <exception cref="InvalidOperationException">Another process is this rank.</exception>
    public static IExchange Connect(GroupEpoch group, int rank, int size, SameHostOptions options, CancellationToken cancellation = default)
    {
        Check(rank, size, options);
        var host = Rendezvous.Meet(group, rank, size, sets: 1, options, cancellation);
        return new SameHostExchange(host, World, [.. Enumerable.Range(0, size)], options.Exchange, options.SpinFor(size));
    }

    /// <summary>One rank's ends of the groups of a world; returns when all ranks have come.</summary>
    /// <param name="group">Job, group and epoch; the same on every rank, and never used twice.</param>
    /// <param name="rank">Of this end, from 0.</param>
    /// <param name="grid">How the world is divided.</param>
    /// <param name="options">Settings.</param>
    /// <param name="cancellation">Ends the waiting early.</param>
    /// <exception cref="ArgumentException">A number or an option is out of range.</exception>
    /// <exception cref="TimeoutException">Not all ranks came; names them.</exception>
    /// <exception cref="PlatformNotSupportedException">Not on this machine.</exception>
    /// <exception cref="InvalidOperationException">Another process is this rank.</exception>
    public static RankGroups Connect(GroupEpoch group, int rank, RankGrid grid, SameHostOptions options, CancellationToken cancellation = default)
    {
        Check(rank, grid.World, options);
        var host = Rendezvous.Meet(group, rank, grid.World, Sets, options, cancellation);
        return new RankGroups(End(World, [.. Enumerable.Range(0, grid.World)]), End(Experts, grid.RanksOfReplica(rank)), End(Replicas, grid.RanksOfPlace(grid.PlaceOf(rank))));

        SameHostExchange End(int set, IReadOnlyList<int> members) => new(host, set, members, options.Exchange, options.SpinFor(grid.World));
    }

    private static void Check(int rank, int size, SameHostOptions options)
    {
        if (!IsAvailable) throw new PlatformNotSupportedException("Exchanges over memory that processes share need Linux on x64 or arm64.");
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(rank);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rank, size);
        var errors = options.Validate().ToArray();
        if (errors.Length > 0) throw new ArgumentException(string.Join(' ', errors), nameof(options));
    }
}
