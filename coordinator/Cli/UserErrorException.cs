namespace Distributed.Cli;

/// <summary>A user error that the command line detects. The message is shown as it is.</summary>
internal sealed class UserErrorException(string message) : Exception(message);
