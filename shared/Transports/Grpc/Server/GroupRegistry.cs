using Distributed.Protocol;
using Distributed.Protocol.Identities;
using Distributed.Transports.Grpc.Frames;
using Grpc.Core;

namespace Distributed.Transports.Grpc.Server;

/// <summary>
/// The groups that a server belongs to: the newest epoch of each. Every call is matched against them before anything else.
/// </summary>
internal sealed class GroupRegistry(Refusals refusals)
{
    private readonly Dictionary<(JobId Job, string Group), GrpcFabric> _fabrics = []; // also the lock

    /// <summary>Adds a group. Returns its earlier epoch on this server; null if there is none.</summary>
    /// <exception cref="InvalidOperationException">The server is in this epoch or in a later one.</exception>
    public GrpcFabric? Add(GrpcFabric fabric)
    {
        var key = (fabric.Identity.Job, fabric.Identity.Group);
        lock (_fabrics)
        {
            var before = _fabrics.GetValueOrDefault(key);
            if (before is not null && before.Identity.Epoch >= fabric.Identity.Epoch)
                throw new InvalidOperationException($"This server is in {before.Identity}; {fabric.Identity} is not later.");
            _fabrics[key] = fabric;
            return before;
        }
    }

    public void Remove(GrpcFabric fabric)
    {
        var key = (fabric.Identity.Job, fabric.Identity.Group);
        lock (_fabrics)
        {
            if (_fabrics.GetValueOrDefault(key) == fabric) _fabrics.Remove(key);
        }
    }

    public IReadOnlyList<GrpcFabric> TakeAll()
    {
        lock (_fabrics)
        {
            GrpcFabric[] all = [.. _fabrics.Values];
            _fabrics.Clear();
            return all;
        }
    }

    /// <summary>Finds the group that a rank names in its hello.</summary>
    /// <exception cref="RpcException">
    /// <c>NotFound</c>: the server is not in the group yet, and the caller may retry. <c>FailedPrecondition</c>: the hello is refused
    /// permanently, and counted.
    /// </exception>
    public GrpcFabric Find(ExchangeHello hello, string from)
    {
        if (hello.Version != WireLimits.Version)
            throw Refuse(
                new Refusal(RefusalKind.Version, $"it uses protocol version {hello.Version}; this server uses {WireLimits.Version}"),
                from);
        var fabric = Find(hello.Identity, from);
        return fabric.Check(hello) is { } refusal ? throw Refuse(refusal, from) : fabric;
    }

    public GrpcFabric Find(AbortNotice notice, string from)
    {
        var fabric = Find(notice.Identity, from);
        return fabric.IsPeer(notice.Sender) && fabric.IsRank(notice.Culprit)
            ? fabric
            : throw Refuse(
                new Refusal(
                    RefusalKind.Membership,
                    $"rank {notice.Sender} cannot abort {fabric.Identity} because of rank {notice.Culprit}: "
                    + "one of them is not in the group"),
                from);
    }

    public RpcException Refuse(Refusal refusal, string from)
    {
        refusals.Add(refusal, from);
        return new RpcException(new Status(StatusCode.FailedPrecondition, $"{refusal.Text}"));
    }

    private GrpcFabric Find(StepIdentity? wire, string from)
    {
        if (wire is null) throw Refuse(new Refusal(RefusalKind.Malformed, "it names no job, group and epoch"), from);
        var identity = GroupEpoch.From(wire);
        GrpcFabric? fabric;
        lock (_fabrics) fabric = _fabrics.GetValueOrDefault((identity.Job, identity.Group));
        if (fabric is not null && identity.Epoch < fabric.Identity.Epoch)
            throw Refuse(new Refusal(RefusalKind.StaleEpoch, $"{identity} has ended; this server is in {fabric.Identity}"), from);
        return fabric is not null && identity == fabric.Identity
            ? fabric
            : throw new RpcException(new Status(StatusCode.NotFound, $"this server is not in {identity}"));
    }
}
