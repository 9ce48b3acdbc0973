using Distributed.Protocol;
using Distributed.Protocol.Identities;
using Grpc.Core;

namespace Distributed.Coordinator.Links;

/// <summary>
/// The links that are not over, one for a name.
/// <list type="number">
/// <item>A stream of a worker that is not known begins a link.</item>
/// <item>One of a known worker whose stream broke goes on with its link.</item>
/// <item>One of another incarnation takes the place of a worker whose stream broke.</item>
/// <item>Any other is refused: its name is taken by a stream that is alive.</item>
/// </list>
/// </summary>
internal sealed class LinkRegistry(ControlOptions options, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, GrpcWorkerLink> _links = [];
    private bool _stopped;

    /// <summary>The link of a stream, and what it has had; a new link has had nothing, and has its hello as its first event.</summary>
    /// <exception cref="RpcException">It is refused.</exception>
    public (GrpcWorkerLink Link, long? Received) Admit(WorkerEvent hello, WorkerStream stream)
    {
        var worker = WorkerId.From(hello.Hello.Worker);
        GrpcWorkerLink? replaced = null;
        GrpcWorkerLink link;
        lock (_gate)
        {
            if (_stopped) throw Stopped();
            if (_links.TryGetValue(worker.Name, out var known))
            {
                if (known.Worker == worker && known.TryAttach(stream, hello.Hello.Received) is { } received) return (known, received);
                if (known.State == LinkState.Attached) throw new RpcException(new Status(StatusCode.AlreadyExists, Claim(worker, known.Worker)));
                replaced = known;
            }

            link = new GrpcWorkerLink(hello, stream, options, time, Remove);
            _links[worker.Name] = link;
        }

        replaced?.End($"{worker} came in its place");
        return (link, null);
    }

    /// <summary>Ends all links; those that only finish have a moment to do so.</summary>
    public async Task StopAsync(TimeSpan farewell)
    {
        GrpcWorkerLink[] links;
        lock (_gate)
        {
            _stopped = true;
            links = [.. _links.Values];
        }

        foreach (var link in links.Where(link => !link.Closing)) link.End(Stopped().Status.Detail);
        var finishing = Task.WhenAll(links.Where(link => link.State == LinkState.Attached).Select(link => link.Events.Completion));
        await Task.WhenAny(finishing, Task.Delay(farewell, time)).ConfigureAwait(false);
        foreach (var link in links) link.End(null);
    }

    private string Claim(WorkerId claimant, WorkerId holder) => claimant == holder
        ? $"worker {holder} has a stream that is alive, and can have no second one"
        : $"worker {claimant} has the name of worker {holder}, which is alive: give each worker a name of its own; where the other has gone, its lease of {options.Lease.TotalSeconds:0.#} s runs out";

    private static RpcException Stopped() => new(new Status(StatusCode.Unavailable, "the coordinator stops listening"));

    private void Remove(GrpcWorkerLink link)
    {
        lock (_gate)
        {
            if (_links.TryGetValue(link.Worker.Name, out var known) && known == link) _links.Remove(link.Worker.Name);
        }
    }
}
