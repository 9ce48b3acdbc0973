using System.CommandLine;

namespace Distributed.Cli.Commands.Security;

/// <summary><c>token</c>: what newcomers join with.</summary>
internal static class TokenCommand
{
    public static Command Create(CommandOutput shell) => new("token", "Lets newcomers join.") { TokenCreateCommand.Create(shell) };
}
