using Distributed.Protocol;
using Distributed.Protocol.Identities;
using Distributed.Protocol.Security;
using Distributed.Protocol.Versions;
using Distributed.Worker.Links;
using Microsoft.Extensions.Logging.Abstractions;

namespace Distributed.Benchmarks.Control;

/// <summary>Workers without work: each has a real link, with its own connection and certificate.</summary>
internal sealed class SimulatedWorkers(Uri coordinator, IReadOnlyList<TlsIdentity> identities) : IAsyncDisposable
{
    /// <summary>Number of workers that join at the same time.</summary>
    public const int AtOnce = 64;

    private const int JoinsPerReport = 1000;
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(5);
    private readonly List<GrpcCoordinatorLink> _links = [];

    /// <summary>Starts all workers and returns when all have joined.</summary>
    /// <exception cref="TimeoutException">The workers did not join within five minutes.</exception>
    public async Task JoinAsync(BeatWatch watch, Action<int> report)
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
                if (++let % JoinsPerReport == 0) report(let);
            }
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"{watch.Joins} of {identities.Count} workers have joined within {Bound.TotalMinutes} minutes.");
        }
        finally
        {
            watch.Joined -= count;
        }
    }

    /// <summary>Ends all links.</summary>
    public async ValueTask DisposeAsync() => await System.Threading.Tasks.Parallel.ForEachAsync(_links,
        new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, (link, _) => link.DisposeAsync());

    private GrpcCoordinatorLink Start(TlsIdentity identity)
    {
        var link = new GrpcCoordinatorLink(
            new CoordinatorLinkOptions { Address = CoordinatorAddress.TryParse(coordinator.ToString())!, Tls = identity },
            TimeProvider.System, NullLogger<GrpcCoordinatorLink>.Instance);
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
