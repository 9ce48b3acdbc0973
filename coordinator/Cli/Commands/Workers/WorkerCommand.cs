using System.CommandLine;

namespace Distributed.Cli.Commands.Workers;

/// <summary><c>worker</c>: what the machines do that a coordinator shares its experts out to.</summary>
internal static class WorkerCommand
{
    public static Command Create(CommandOutput shell) => new("worker", "Works for a coordinator.") { WorkerJoinCommand.Create(shell), WorkerCheckCommand.Create(shell) };
}
