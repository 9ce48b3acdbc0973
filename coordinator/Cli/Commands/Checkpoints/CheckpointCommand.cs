using System.CommandLine;

namespace Distributed.Cli.Commands.Checkpoints;

/// <summary><c>checkpoint</c>: lists, verifies and compares checkpoints.</summary>
internal static class CheckpointCommand
{
    public static Command Create(CommandOutput terminal) => new("checkpoint", "Lists, verifies and compares the checkpoints of runs.")
    {
        CheckpointListCommand.Create(terminal),
        CheckpointVerifyCommand.Create(terminal),
        CheckpointDiffCommand.Create(terminal),
    };
}
