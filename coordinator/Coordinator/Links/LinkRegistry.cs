using Distributed.Protocol;
using Distributed.Protocol.Identities;
using Grpc.Core;

namespace Distributed.Coordinator.Links;

/// <summary>
/// The active links, one for each worker name.
/// <list type="number">
/// <item>A stream of an unknown worker starts a new link.</item>
/// <item>A stream of a known worker whose previous stream broke continues the link.</item>
/// <item>A stream of another incarnation replaces a worker whose stream broke.</item>
/// <item>Any other stream is refused: a live stream has its name.</item>
/// </list>
/// </summary>
internal sealed class LinkRegistry(ControlOptions options, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, GrpcWorkerLink> _links = [];
    private bool _stopped;

    /// <summary>Admits a stream to a new or an existing link.</summary>
    /// <returns>The link, and the sequence number of the last event that it has received; null for a new link.</returns>
    /// <exception cref="RpcException">The stream is refused.</exception>
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
                if (known.State == LinkState.Attached)
                    throw new RpcException(new Status(StatusCode.AlreadyExists, Claim(worker, known.Worker)));
                replaced = known;
            }

            link = new GrpcWorkerLink(hello, stream, options, time, Remove);
            _links[worker.Name] = link;
        }

        replaced?.End($"{worker} replaced it");
        return (link, null);
    }

    /// <summary>Ends all links.</summary>
    /// <param name="closeTimeout">Time for links that are already closing to finish.</param>
    public async Task StopAsync(TimeSpan closeTimeout)
    {
        GrpcWorkerLink[] links;
        lock (_gate)
        {
            _stopped = true;
            links = [.. _links.Values];
        }

        foreach (var link in links.Where(link => !link.IsClosing)) link.End(Stopped().Status.Detail);
        var finishing = Task.WhenAll(links.Where(link => link.State == LinkState.Attached).Select(link => link.Events.Completion));
        await Task.WhenAny(finishing, Task.Delay(closeTimeout, time)).ConfigureAwait(false);
        foreach (var link in links) link.End(null);
    }

    private string Claim(WorkerId claimant, WorkerId holder) => claimant == holder
        ? $"worker {holder} already has a live stream and cannot have a second one"
        : $"worker {claimant} has the same name as worker {holder}, which is alive: give each worker its own name; "
            + $"if the other worker has ended, retry after its lease of {options.Lease.TotalSeconds:0.#} s";

    private static RpcException Stopped() => new(new Status(StatusCode.Unavailable, "the coordinator stops listening"));

    private void Remove(GrpcWorkerLink link)
    {
        lock (_gate)
        {
            if (_links.TryGetValue(link.Worker.Name, out var known) && known == link) _links.Remove(link.Worker.Name);
        }
    }
}
