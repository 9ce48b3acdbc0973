using System.CommandLine;
using Distributed.Coordinator.Jobs;

namespace Distributed.Cli.Commands;

/// <summary><c>--transport auto|same-host|grpc|nccl</c>.</summary>
internal static class TransportOption
{
    private static readonly Dictionary<string, ExchangeWay> Words = new()
    {
        ["auto"] = ExchangeWay.Auto, ["same-host"] = ExchangeWay.SameHost, ["grpc"] = ExchangeWay.Grpc, ["nccl"] = ExchangeWay.Nccl
    };

    public static Option<ExchangeWay> Create() => new("--transport")
    {
        Description = "Transport between worker processes: same-host (shared memory), grpc (network), nccl (one GPU per worker), "
            + "or auto (the default): the fastest that all workers support.",
        HelpName = string.Join('|', Words.Keys),
        CustomParser = result =>
        {
            if (Words.TryGetValue(result.Tokens[0].Value, out var way)) return way;
            result.AddError($"--transport {result.Tokens[0].Value}: allowed: {string.Join(", ", Words.Keys)}.");
            return default;
        },
    };
}
