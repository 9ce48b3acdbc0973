using Distributed.Protocol;
using Distributed.Protocol.Identities;
using Distributed.Protocol.Security;
using Distributed.Protocol.Versions;
using Distributed.Worker.Links;
using Microsoft.Extensions.Logging.Abstractions;

namespace Distributed.Benchmarks.Control;

/// <summary>Links of workers that do nothing: each the real one, with a connection and a certificate of its own.</summary>
internal sealed class SimulatedWorkers(Uri coordinator, IReadOnlyList<TlsIdentity> identities) : IAsyncDisposable
{
    /// <summary>How many join at the same time.</summary>
    public const int AtOnce = 64;

    private const int Told = 1000;
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(5);
    private readonly List<GrpcCoordinatorLink> _links = [];

    /// <summary>All join; returns when all are let in.</summary>
    /// <exception cref="TimeoutException">They were not within five minutes.</exception>
    public async Task JoinAsync(BeatWatch watch, Action<int> tell)
    {
        using var bound = new CancellationTokenSource(Bound);
        var joined = new SemaphoreSlim(0);
        Action count = () => joined.Release();
        watch.Joined += count;
        try
        {
            for (var (started, let) = (0, 0); let < identities.Count;)
            {
                while (started < identities.Count && started - let < AtOnce) _links.Add(Start(identities[started++]));
                await joined.WaitAsync(bound.Token);
                if (++let % Told == 0) tell(let);
            }
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"{watch.Joins} of {identities.Count} workers were let in within {Bound.TotalMinutes} minutes.");
        }
        finally
        {
            watch.Joined -= count;
        }
    }

    /// <summary>All leave.</summary>
    public async ValueTask DisposeAsync() => await System.Threading.Tasks.Parallel.ForEachAsync(_links, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, (link, _) => link.DisposeAsync());

    private GrpcCoordinatorLink Start(TlsIdentity identity)
    {
        var link = new GrpcCoordinatorLink(
            new CoordinatorLinkOptions { Address = CoordinatorAddress.TryParse(coordinator.ToString())!, Tls = identity }, TimeProvider.System, NullLogger<GrpcCoordinatorLink>.Instance);
        link.Send(new WorkerEvent
        {
            Hello = new Hello
            {
                Worker = new WorkerId(PeerSubject.Of(identity.Certificate).Name, Guid.NewGuid().ToString("N")).ToWire(),
                Cores = 1,
                ProtocolVersion = ProtocolVersion.Current,
                ProgramVersion = ProtocolVersion.Program,
            },
        });
        return link;
    }
}
