using Distributed.Transports.Tests.Grpc;
using Distributed.Transports.Tests.Nccl;
using Distributed.Transports.Tests.SameHost;
using Xunit.Runner.InProc.SystemConsole;

namespace Distributed.Transports.Tests;

/// <summary>Runs the tests, or a rank in a separate process that a test has started.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] args) => args switch
    {
        [NcclRankProcess.Argument, .. var rest] => NcclRankProcess.Run(rest),
        [SameHostRankProcess.Argument, .. var rest] => SameHostRankProcess.Run(rest),
        [GrpcRankProcess.Argument, .. var rest] => await GrpcRankProcess.RunAsync(rest),
        _ => await ConsoleRunner.Run(args),
    };
}
