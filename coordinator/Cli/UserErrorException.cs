namespace Distributed.Cli;

/// <summary>A mistake of the user's that only the command line can see. The message is complete.</summary>
internal sealed class UserErrorException(string message) : Exception(message);
