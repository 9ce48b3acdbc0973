using Distributed.Protocol;
using Distributed.Protocol.Identities;
using Distributed.Transports.Grpc.Frames;
using Distributed.Transports.Grpc.Groups;
using Distributed.Transports.Grpc.Links;
using Microsoft.Extensions.Logging;

namespace Distributed.Transports.Grpc;

/// <summary>
/// One rank's ends of a world of ranks and of the groups within it, for one epoch. They are fenced together. Errors name ranks by their
/// world rank. Created by <see cref="GrpcExchangeServer.ConnectAsync"/>.
/// </summary>
public sealed class GrpcFabric : IAsyncDisposable
{
    private readonly GrpcMembership _membership;
    private readonly Refusals _refusals;
    private readonly GrpcEndpoint[] _ends; // by number: the world, then the membership's groups
    private readonly Outbox?[] _outboxes;  // by world rank
    private readonly PeerLink?[] _links;
    private readonly GrpcEndpoint?[]?[] _endsOf; // by world rank, then by that rank's number of the group
    private readonly Aborts _aborts;
    private readonly CancellationTokenSource _fenced = new();
    private readonly TaskCompletionSource<FenceCause> _cause = new(); // continuations run synchronously when it is set
    private int _disposed;

    internal GrpcFabric(GrpcMembership membership, ExchangeOptions options, GrpcExchangeServerOptions serverOptions,
        Refusals refusals, ILogger logger)
    {
        (_membership, Options, ServerOptions, _refusals, Logger) = (membership, options, serverOptions, refusals, logger);
        Fence = new GroupFence(Rank);
        Fingerprint = GroupFingerprint.Of(Identity);
        Hello = membership.ToHello();
        int[] world = [.. Enumerable.Range(0, Size)];
        _ends = [new GrpcEndpoint(this, 0, world), .. membership.Groups.Select((group, i) => new GrpcEndpoint(this, i + 1, group.Ranks))];
        _outboxes = [.. world.Select(rank => rank == Rank ? null : new Outbox())];
        _links = [.. world.Select(rank => rank == Rank ? null : new PeerLink(this, rank, membership.Addresses[rank]))];
        _endsOf = new GrpcEndpoint?[]?[Size];
        _aborts = new Aborts(this, _links);
    }

    /// <summary>Job, group and epoch of the world.</summary>
    public GroupEpoch Identity => _membership.Identity;

    /// <summary>World rank of this rank.</summary>
    public int Rank => _membership.Rank;

    /// <summary>Number of ranks in the world.</summary>
    public int Size => _membership.Addresses.Count;

    /// <summary>The exchange of all ranks.</summary>
    public IExchange World => _ends[0];

    internal ExchangeOptions Options { get; }

    internal GrpcExchangeServerOptions ServerOptions { get; }

    internal ILogger Logger { get; }

    internal GroupFence Fence { get; }

    internal ulong Fingerprint { get; }

    internal ExchangeHello Hello { get; }

    /// <summary>Completes when the groups are fenced, and never with an exception.</summary>
    internal Task<FenceCause> Fenced => _cause.Task;

    internal bool IsFenced => _fenced.IsCancellationRequested;

    /// <summary>Returns this rank's end of a group of the membership.</summary>
    /// <exception cref="ArgumentException">The membership has no group of this name.</exception>
    public IExchange Group(string name) => End(name);

    /// <summary>Returns this rank's end of a group; null is the world.</summary>
    internal GrpcEndpoint End(string? name)
    {
        if (name is null) return _ends[0];
        return _membership.Groups.Index().FirstOrDefault(each => each.Item.Name == name) is { Item: not null } found
            ? _ends[found.Index + 1]
            : throw new ArgumentException($"Rank {Rank} of {Identity} is not in a group named {name}.", nameof(name));
    }

    /// <summary>
    /// Leaves the groups whose ends are not disposed yet, and closes the connections once all frames are sent, at the latest after
    /// <see cref="GrpcExchangeServerOptions.CloseTimeout"/>.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        await Task.Run(() => Array.ForEach(_ends, end => end.Dispose()));
        Outbox[] outboxes = [.. _outboxes.OfType<Outbox>()];
        foreach (var outbox in outboxes) outbox.Close();
        try
        {
            await Task.WhenAll(outboxes.Select(outbox => outbox.DrainedAsync()))
                .WaitAsync(ServerOptions.CloseTimeout, ServerOptions.TimeProvider);
        }
        catch (TimeoutException)
        {
            // A peer that reads too slowly finds the connection broken.
        }

        await Task.WhenAll(_links.OfType<PeerLink>().Select(link => link.DisposeAsync().AsTask()));
    }

    internal async Task ConnectAsync(CancellationToken cancellation)
    {
        using var patience = new CancellationTokenSource(ServerOptions.ConnectTimeout, ServerOptions.TimeProvider);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, patience.Token, _fenced.Token);
        var connecting = _links.OfType<PeerLink>().ToDictionary(link => link, link => ConnectAsync(link, stop.Token));
        try
        {
            await Task.WhenAll(connecting.Values);
            return;
        }
        catch (Exception e)
        {
            cancellation.ThrowIfCancellationRequested();
            if (Fence.Cause is { } cause) throw new ExchangeAbortedException(Rank, cause.Culprit, cause.Reason);
            var missing = connecting.Where(each => !each.Value.IsCompletedSuccessfully)
                .ToDictionary(each => each.Key.Peer, each => each.Key.LastProblem);
            throw new GrpcConnectException(Rank, missing, e is OperationCanceledException ? null : e);
        }
    }

    internal Outbox OutboxOf(int worldRank) => _outboxes[worldRank]!;

    internal bool IsRank(int worldRank) => worldRank >= 0 && worldRank < Size;

    internal bool IsPeer(int worldRank) => IsRank(worldRank) && worldRank != Rank;

    /// <summary>Checks the hello of a rank of this epoch. Returns null, or why it is refused.</summary>
    internal Refusal? Check(ExchangeHello hello)
    {
        if (!IsPeer(hello.Rank) || hello.Size != Size)
            return new(RefusalKind.Membership,
                $"rank {hello.Rank} of {hello.Size} is not another rank of {Identity}, which has {Size} ranks");
        var own = Hello.Groups.Where(group => group.Ranks.Contains(hello.Rank));
        var theirs = hello.Groups.Where(group => group.Ranks.Contains(Rank));
        return own.OrderBy(group => group.Name, StringComparer.Ordinal)
            .SequenceEqual(theirs.OrderBy(group => group.Name, StringComparer.Ordinal))
            ? null
            : new(RefusalKind.Membership, $"rank {hello.Rank} and rank {Rank} of {Identity} list different shared groups");
    }

    /// <summary>Maps the group numbers of a peer to this rank's groups. Returns null, or why the hello of the peer is refused.</summary>
    internal Refusal? MapGroups(int peer, ExchangeHello hello)
    {
        Refusal? refusal = hello.Version != WireLimits.Version
            ? new(RefusalKind.Version, $"it uses protocol version {hello.Version}; this rank uses {WireLimits.Version}")
            : !Identity.IsOf(hello.Identity) ? new(RefusalKind.Identity, $"it does not belong to {Identity}")
            : hello.Rank != peer ? new(RefusalKind.Membership, $"it is rank {hello.Rank} instead of rank {peer}")
            : Check(hello);
        if (refusal is { } wrong)
        {
            Refuse(wrong, peer);
            return wrong;
        }

        var shared = hello.Groups.Select(
            group => _membership.Groups.Index().FirstOrDefault(each => each.Item.Name == group.Name && group.Ranks.Contains(Rank)));
        _endsOf[peer] = [_ends[0], .. shared.Select(found => found.Item is null ? null : _ends[found.Index + 1])];
        return null;
    }

    internal GrpcEndpoint? EndOf(int peer, int number) =>
        _endsOf[peer] is { } ends && number >= 0 && number < ends.Length ? ends[number] : null;

    internal void Refuse(Refusal refusal, int peer) =>
        _refusals.Add(refusal, $"rank {peer} of {Identity} at {_membership.Addresses[peer]}");

    /// <summary>Returns whether no more frames of a peer are expected: the peer or this rank has left all groups.</summary>
    internal bool HasLeft(int peer) => _ends.All(end => end.HasLeft) || _ends.All(end => end.HasPeerLeft(peer));

    internal Task RaiseAsync(FenceCause cause) => _aborts.RaiseAsync(cause);

    internal void RaiseInBackground(FenceCause cause) => _ = Task.Run(() => _aborts.RaiseAsync(cause));

    internal AbortNotice OnAbort(AbortNotice notice) => _aborts.OnNotice(notice);

    internal (FenceCause Current, bool IsFirst) SetCause(FenceCause cause)
    {
        var (current, isFirst) = Fence.Set(cause);
        if (!isFirst) return (current, false);
        GrpcLog.Fenced(Logger, Identity, Rank, current.Culprit, current.Reason.Message);
        _fenced.Cancel();
        _cause.SetResult(current);
        return (current, true);
    }

    // Waits for both directions: this rank reads from the peer, and the peer reads from this rank.
    private async Task ConnectAsync(PeerLink link, CancellationToken cancellation)
    {
        await link.ConnectAsync(cancellation);
        await OutboxOf(link.Peer).Attached.WaitAsync(cancellation);
    }
}
