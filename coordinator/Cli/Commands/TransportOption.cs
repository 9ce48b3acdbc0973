using System.CommandLine;
using Distributed.Coordinator.Jobs;

namespace Distributed.Cli.Commands;

/// <summary><c>--transport auto|same-host|grpc|nccl</c>.</summary>
internal static class TransportOption
{
    private static readonly Dictionary<string, TransportKind> ByName = new()
    {
        ["auto"] = TransportKind.Auto, ["same-host"] = TransportKind.SameHost, ["grpc"] = TransportKind.Grpc, ["nccl"] = TransportKind.Nccl
    };

    public static Option<TransportKind> Create() => new("--transport")
    {
        Description = "Transport between worker processes: same-host (shared memory), grpc (network), nccl (one GPU per worker), "
            + "or auto (the default): the fastest that all workers support.",
        HelpName = string.Join('|', ByName.Keys),
        CustomParser = result =>
        {
            if (ByName.TryGetValue(result.Tokens[0].Value, out var way)) return way;
            result.AddError($"--transport {result.Tokens[0].Value}: allowed: {string.Join(", ", ByName.Keys)}.");
            return default;
        },
    };
}
