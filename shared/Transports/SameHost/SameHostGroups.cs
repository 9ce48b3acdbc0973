using Distributed.Planning;
using Distributed.Protocol.Identities;

namespace Distributed.Transports.SameHost;

/// <summary>Connects groups whose ranks are processes of one host and one user that see each other's processes.</summary>
public static class SameHostGroups
{
    private const int World = 0, Experts = 1, Replicas = 2, Sets = 3;

    /// <summary>Whether this machine supports shared-memory exchanges.</summary>
    public static bool IsAvailable => Libc.IsAvailable;

    /// <summary>Connects one rank's end of a single group. Returns when all ranks have joined.</summary>
    /// <param name="group">Job, group and epoch, the same on every rank; never used twice.</param>
    /// <param name="rank">Rank of this process, in [0, <paramref name="size"/>).</param>
    /// <param name="size">Number of ranks, at least 1.</param>
    /// <param name="options">Settings of the exchange.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="ArgumentException">A number or a setting is out of range.</exception>
    /// <exception cref="TimeoutException">Ranks did not join in time; the message names them.</exception>
    /// <exception cref="PlatformNotSupportedException">This machine does not support shared-memory exchanges.</exception>
    /// <exception cref="InvalidOperationException">Another process has joined as this rank.</exception>
    public static IExchange Connect(GroupEpoch group, int rank, int size, SameHostOptions options, CancellationToken cancellation = default)
    {
        Check(rank, size, options);
        var host = Rendezvous.Join(group, rank, size, sets: 1, options, cancellation);
        return new SameHostExchange(host, World, [.. Enumerable.Range(0, size)], options.Exchange, options.SpinFor(size));
    }

    /// <summary>Connects one rank's ends of the groups of a world. Returns when all ranks have joined.</summary>
    /// <param name="group">Job, group and epoch, the same on every rank; never used twice.</param>
    /// <param name="rank">World rank of this process, in [0, <see cref="RankGrid.World"/>).</param>
    /// <param name="grid">Shape of the world.</param>
    /// <param name="options">Settings of the exchanges.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="ArgumentException">A number or a setting is out of range.</exception>
    /// <exception cref="TimeoutException">Ranks did not join in time; the message names them.</exception>
    /// <exception cref="PlatformNotSupportedException">This machine does not support shared-memory exchanges.</exception>
    /// <exception cref="InvalidOperationException">Another process has joined as this rank.</exception>
    public static RankGroups Connect(
        GroupEpoch group, int rank, RankGrid grid, SameHostOptions options, CancellationToken cancellation = default)
    {
        Check(rank, grid.World, options);
        var host = Rendezvous.Join(group, rank, grid.World, Sets, options, cancellation);
        return new RankGroups(End(World, [.. Enumerable.Range(0, grid.World)]), End(Experts, grid.RanksOfReplica(rank)),
            End(Replicas, grid.RanksWithSameExperts(grid.ExpertRankOf(rank))));

        SameHostExchange End(int set, IReadOnlyList<int> members) => new(host, set, members, options.Exchange, options.SpinFor(grid.World));
    }

    private static void Check(int rank, int size, SameHostOptions options)
    {
        if (!IsAvailable) throw new PlatformNotSupportedException("Exchanges over shared memory need Linux on x64 or arm64.");
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(rank);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rank, size);
        var errors = options.Validate().ToArray();
        if (errors.Length > 0) throw new ArgumentException(string.Join(' ', errors), nameof(options));
    }
}
