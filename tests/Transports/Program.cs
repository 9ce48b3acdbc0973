using Distributed.Transports.Tests.Nccl;
using Xunit.Runner.InProc.SystemConsole;

namespace Distributed.Transports.Tests;

/// <summary>The tests, and what they start as processes of their own.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] args) =>
        args is [NcclRankProcess.Argument, .. var rest] ? NcclRankProcess.Run(rest) : await ConsoleRunner.Run(args);
}
