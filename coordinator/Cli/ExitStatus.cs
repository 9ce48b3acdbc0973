namespace Distributed.Cli;

/// <summary>Exit statuses of the process.</summary>
internal static class ExitStatus
{
    /// <summary>The command completed.</summary>
    public const int Ok = 0;

    /// <summary>The command started and failed.</summary>
    public const int Failure = 1;

    /// <summary>The command did not start: the command line, a job file, a corpus or a checkpoint is invalid.</summary>
    public const int BadInput = 2;

    /// <summary>The user interrupted the command: 128 + SIGINT, as in shells.</summary>
    public const int Interrupted = 130;
}
