using Distributed.Cli.Security;
using Distributed.Worker.Hosting;
using Distributed.Worker.Links;

namespace Distributed.Cli.Workers;

/// <summary>The options of <c>worker join</c>.</summary>
internal sealed record WorkerJoin
{
    public required CoordinatorAddress Coordinator { get; init; }

    /// <summary>Name of the worker; null for the name in the certificate, else host name and process id.</summary>
    public string? Name { get; init; }

    public string? Rendezvous { get; init; }

    public int? Parent { get; init; }

    public required TimeSpan BeatInterval { get; init; }

    public required TimeSpan ConnectTimeout { get; init; }

    public required Credentials Credentials { get; init; }

    public ExchangeEndpoint Exchange { get; init; } = ExchangeEndpoint.Loopback;

    public NcclFiles Nccl { get; init; } = new();
}
