using Distributed.Protocol.Limits;

namespace Distributed.Cli.Resources;

/// <summary>The number of open files that a command needs, checked at its start.</summary>
/// <remarks>
/// A process without free descriptors fails in arbitrary places, such as the loading of a library. Most of the files are the program's
/// libraries: .NET keeps two files open for each. The numbers are the lowest <c>ulimit -n</c> at which a command works, plus a quarter.
/// </remarks>
internal static class OpenFiles
{
    /// <summary>Open files that every command needs.</summary>
    public const int Min = 128;

    private const int Training = 176, Serving = 320; // with a web server's libraries
    private const int OfWorker = 8; // connection, pipes and checkpoint files of a worker
    private const int OfPeer = 16; // connections of an exchange over gRPC, in both directions

    /// <summary>Returns the open files for training with worker threads.</summary>
    public static int ForThreads(int workers) => Training + OfWorker * workers;

    /// <summary>Returns the open files for training with worker processes: for the coordinator's process and for each worker's.</summary>
    public static int ForProcesses(int workers) => Serving + OfPeer * workers;

    /// <summary>Open files for <c>serve</c> and for <c>worker join</c>.</summary>
    public static int ForServing => Serving + OfPeer;

    /// <summary>Returns the error message if the limit is too low for a command; otherwise null.</summary>
    public static string? Problem(string command, int need) => ResourceLimits.OpenFiles is { } limit && limit < need
        ? $"{command} needs {need} open files, and the limit is {limit}. Raise the limit in the shell or service that starts the process: "
            + $"ulimit -n {Math.Max(1024, 2 * need)} (LimitNOFILE= of systemd, --ulimit nofile= of a container)."
        : null;

    /// <summary>Throws if the limit is too low for a command.</summary>
    /// <exception cref="UserErrorException">The limit is below <paramref name="need"/>.</exception>
    public static void Require(string command, int need)
    {
        if (Problem(command, need) is { } problem) throw new UserErrorException(problem);
    }
}
