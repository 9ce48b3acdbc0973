using System.CommandLine;

namespace Distributed.Cli.Commands.Security;

/// <summary><c>token</c>: manages join tokens.</summary>
internal static class TokenCommand
{
    public static Command Create(CommandOutput streams) => new("token", "Manages join tokens.") { TokenCreateCommand.Create(streams) };
}
