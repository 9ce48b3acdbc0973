using System.CommandLine;

namespace Distributed.Cli.Commands.Checkpoints;

/// <summary><c>checkpoint</c>: what is kept of runs, whether it is whole, and how two differ.</summary>
internal static class CheckpointCommand
{
    public static Command Create(CommandOutput shell) => new("checkpoint", "Checkpoints of runs: lists, verifies and compares them.")
    {
        CheckpointListCommand.Create(shell),
        CheckpointVerifyCommand.Create(shell),
        CheckpointDiffCommand.Create(shell),
    };
}
