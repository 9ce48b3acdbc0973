using System.Collections.Concurrent;
using Distributed.Protocol;
using Distributed.Transports.Grpc.Groups;

namespace Distributed.Transports.Grpc.Links;

/// <summary>
/// Agrees with the other ranks on why a group is over. Several may find something at once, or the same thing: rank 0
/// holds the first that it hears of for true and tells everybody, so that all ranks give one reason. Where rank 0 does not
/// answer, what a rank has found holds for it and for whoever it tells first.
/// <list type="number">
/// <item>The finder asks rank 0, which answers with what holds.</item>
/// <item>The finder fences its own groups.</item>
/// <item>The finder, and rank 0 as well, tell all others and wait, bounded, until these have fenced theirs.</item>
/// </list>
/// </summary>
internal sealed class Aborts(GrpcFabric fabric, IReadOnlyList<PeerLink?> links)
{
    private const int Arbiter = 0;
    private readonly ConcurrentDictionary<string, Verdict> _found = []; // here, by id: to be recognised when it comes back

    public async Task RaiseAsync(Verdict found)
    {
        if (fabric.IsFenced) return;
        _found[found.Id] = found;
        var holds = found;
        if (links[Arbiter] is { IsLost: false } arbiter)
            holds = await AskAsync(arbiter, found) is { } answer ? Recognise(answer) : found;
        holds = fabric.SetVerdict(holds).Holds;
        await TellAllAsync(holds);
    }

    /// <summary>Another rank says that the group is over; what holds.</summary>
    public AbortNotice OnNotice(AbortNotice notice)
    {
        var (holds, isFirst) = fabric.SetVerdict(Recognise(notice));
        if (isFirst && fabric.Rank == Arbiter) _ = TellAllAsync(holds);
        return ToNotice(holds);
    }

    private Verdict Recognise(AbortNotice notice) => _found.TryGetValue(notice.Id, out var own)
        ? own
        : new Verdict(notice.Id, notice.Culprit, new PeerFailureException(notice.Reason), ThrowsReason: false);

    private Task TellAllAsync(Verdict verdict) =>
        Task.WhenAll(links.OfType<PeerLink>().Where(link => !link.IsLost).Select(link => AskAsync(link, verdict)));

    private async Task<AbortNotice?> AskAsync(PeerLink link, Verdict verdict)
    {
        try
        {
            using var patience = new CancellationTokenSource(fabric.Node.Farewell, fabric.Node.TimeProvider);
            return await link.AbortAsync(ToNotice(verdict), patience.Token);
        }
        catch (Exception e)
        {
            GrpcLog.NotTold(fabric.Logger, fabric.Identity, fabric.Rank, link.Peer, e.Message);
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
