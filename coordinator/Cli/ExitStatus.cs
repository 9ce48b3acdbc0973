namespace Distributed.Cli;

/// <summary>What the process tells its caller.</summary>
internal static class ExitStatus
{
    /// <summary>Done.</summary>
    public const int Ok = 0;

    /// <summary>Began, and went wrong.</summary>
    public const int Failure = 1;

    /// <summary>Could not begin: the command line, a job file, a corpus or a checkpoint is wrong.</summary>
    public const int BadInput = 2;

    /// <summary>Interrupted by the user: 128 + SIGINT, as shells have it.</summary>
    public const int Interrupted = 130;
}
