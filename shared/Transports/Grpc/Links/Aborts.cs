using System.Collections.Concurrent;
using Distributed.Protocol;
using Distributed.Transports.Grpc.Groups;

namespace Distributed.Transports.Grpc.Links;

/// <summary>
/// Agrees with the other ranks on why the groups are fenced. Several ranks may find an error at once. Rank 0 accepts the first notice and
/// sends it to all ranks, so that all report one reason. If rank 0 does not answer, a rank uses its own notice or the first one that it
/// receives.
/// <list type="number">
/// <item>The rank that finds an error sends its notice to rank 0, which replies with the current notice.</item>
/// <item>The finder fences its own groups.</item>
/// <item>The finder, and rank 0 as well, send the notice to all others and wait, bounded, until these have fenced their groups.</item>
/// </list>
/// </summary>
internal sealed class Aborts(GrpcFabric fabric, IReadOnlyList<PeerLink?> links)
{
    private const int Arbiter = 0;
    private readonly ConcurrentDictionary<string, FenceCause> _found = []; // on this rank, by id: recognised when a notice returns

    public async Task RaiseAsync(FenceCause found)
    {
        if (fabric.IsFenced) return;
        _found[found.Id] = found;
        var current = found;
        if (links[Arbiter] is { IsLost: false } arbiter)
            current = await NotifyAsync(arbiter, found) is { } answer ? Recognise(answer) : found;
        current = fabric.SetCause(current).Current;
        await NotifyAllAsync(current);
    }

    /// <summary>Handles an abort notice of another rank. Returns the current notice.</summary>
    public AbortNotice OnNotice(AbortNotice notice)
    {
        var (current, isFirst) = fabric.SetCause(Recognise(notice));
        if (isFirst && fabric.Rank == Arbiter) _ = NotifyAllAsync(current);
        return ToNotice(current);
    }

    private FenceCause Recognise(AbortNotice notice) => _found.TryGetValue(notice.Id, out var own)
        ? own
        : new FenceCause(notice.Id, notice.Culprit, new PeerFailureException(notice.Reason), ThrowsReason: false);

    private Task NotifyAllAsync(FenceCause cause) =>
        Task.WhenAll(links.OfType<PeerLink>().Where(link => !link.IsLost).Select(link => NotifyAsync(link, cause)));

    private async Task<AbortNotice?> NotifyAsync(PeerLink link, FenceCause cause)
    {
        try
        {
            using var patience = new CancellationTokenSource(fabric.ServerOptions.CloseTimeout, fabric.ServerOptions.TimeProvider);
            return await link.AbortAsync(ToNotice(cause), patience.Token);
        }
        catch (Exception e)
        {
            GrpcLog.AbortNotDelivered(fabric.Logger, fabric.Identity, fabric.Rank, link.Peer, e.Message);
            return null;
        }
    }

    private AbortNotice ToNotice(FenceCause cause) => new()
    {
        Identity = fabric.Identity.At(0),
        Sender = fabric.Rank,
        Id = cause.Id,
        Culprit = cause.Culprit,
        Reason = cause.Reason.Message,
    };
}
