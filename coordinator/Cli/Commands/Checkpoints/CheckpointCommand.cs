using System.CommandLine;

namespace Distributed.Cli.Commands.Checkpoints;

/// <summary><c>checkpoint</c>: lists, verifies and compares checkpoints.</summary>
internal static class CheckpointCommand
{
    public static Command Create(CommandOutput streams) => new("checkpoint", "Lists, verifies and compares the checkpoints of runs.")
    {
        CheckpointListCommand.Create(streams),
        CheckpointVerifyCommand.Create(streams),
        CheckpointDiffCommand.Create(streams),
    };
}
