using System.Collections.Concurrent;
using Distributed.Protocol;
using Distributed.Transports.Grpc.Groups;

namespace Distributed.Transports.Grpc.Links;

/// <summary>
/// Agrees with the other ranks on why the groups are fenced. Several ranks may find an error at once. Rank 0 accepts the first notice and
/// sends it to all ranks, so that all report one reason. If rank 0 does not answer, a rank uses its own notice or the first one that it
/// receives.
/// <list type="number">
/// <item>The rank that finds an error sends its notice to rank 0, which replies with the notice that holds.</item>
/// <item>The finder fences its own groups.</item>
/// <item>The finder, and rank 0 as well, send the notice to all others and wait, bounded, until these have fenced their groups.</item>
/// </list>
/// </summary>
internal sealed class Aborts(GrpcFabric fabric, IReadOnlyList<PeerLink?> links)
{
    private const int Arbiter = 0;
    private readonly ConcurrentDictionary<string, Verdict> _found = []; // on this rank, by id: recognised when a notice returns

    public async Task RaiseAsync(Verdict found)
    {
        if (fabric.IsFenced) return;
        _found[found.Id] = found;
        var holds = found;
        if (links[Arbiter] is { IsLost: false } arbiter)
            holds = await NotifyAsync(arbiter, found) is { } answer ? Recognise(answer) : found;
        holds = fabric.SetVerdict(holds).Holds;
        await NotifyAllAsync(holds);
    }

    /// <summary>Handles an abort notice of another rank. Returns the notice that holds.</summary>
    public AbortNotice OnNotice(AbortNotice notice)
    {
        var (holds, isFirst) = fabric.SetVerdict(Recognise(notice));
        if (isFirst && fabric.Rank == Arbiter) _ = NotifyAllAsync(holds);
        return ToNotice(holds);
    }

    private Verdict Recognise(AbortNotice notice) => _found.TryGetValue(notice.Id, out var own)
        ? own
        : new Verdict(notice.Id, notice.Culprit, new PeerFailureException(notice.Reason), ThrowsReason: false);

    private Task NotifyAllAsync(Verdict verdict) =>
        Task.WhenAll(links.OfType<PeerLink>().Where(link => !link.IsLost).Select(link => NotifyAsync(link, verdict)));

    private async Task<AbortNotice?> NotifyAsync(PeerLink link, Verdict verdict)
    {
        try
        {
            using var patience = new CancellationTokenSource(fabric.Node.CloseTimeout, fabric.Node.TimeProvider);
            return await link.AbortAsync(ToNotice(verdict), patience.Token);
        }
        catch (Exception e)
        {
            GrpcLog.AbortNotDelivered(fabric.Logger, fabric.Identity, fabric.Rank, link.Peer, e.Message);
            return null;
        }
    }

    private AbortNotice ToNotice(Verdict verdict) => new()
    {
        Identity = fabric.Identity.At(0),
        Sender = fabric.Rank,
        Id = verdict.Id,
        Culprit = verdict.Culprit,
        Reason = verdict.Reason.Message,
    };
}
