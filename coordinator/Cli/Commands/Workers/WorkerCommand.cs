using System.CommandLine;

namespace Distributed.Cli.Commands.Workers;

/// <summary><c>worker</c>: runs and checks worker processes.</summary>
internal static class WorkerCommand
{
    public static Command Create(CommandOutput streams) => new("worker", "Runs a worker for a coordinator, or checks this machine.")
    {
        WorkerJoinCommand.Create(streams), WorkerCheckCommand.Create(streams),
    };
}
