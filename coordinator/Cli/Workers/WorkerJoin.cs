using Distributed.Cli.Security;
using Distributed.Worker.Hosting;
using Distributed.Worker.Links;

namespace Distributed.Cli.Workers;

/// <summary>What <c>worker join</c> was told.</summary>
internal sealed record WorkerJoin
{
    public required CoordinatorAddress Coordinator { get; init; }

    /// <summary>Null for the certificate's name, or the host's and the process's.</summary>
    public string? Name { get; init; }

    public string? Rendezvous { get; init; }

    public int? Parent { get; init; }

    public required TimeSpan Beat { get; init; }

    public required TimeSpan Patience { get; init; }

    public required Credentials Credentials { get; init; }

    public ExchangeEndpoint Exchange { get; init; } = ExchangeEndpoint.Loopback;

    public NcclFiles Nccl { get; init; } = new();
}
