using Distributed.Protocol.Limits;

namespace Distributed.Cli.Resources;

/// <summary>
/// The number of open files that a command needs, checked before it begins: what runs out of them later fails in any place, such as the loading of
/// a library. Most are the program's own libraries, which .NET keeps open, two files for each. The numbers are the least
/// <c>ulimit -n</c> at which a command works, with a quarter more.
/// </summary>
internal static class OpenFiles
{
    /// <summary>Any command.</summary>
    public const int Least = 128;

    private const int Training = 176, Serving = 320; // with a web server's libraries
    private const int OfWorker = 8; // its connection and pipes, and its files of a checkpoint
    private const int OfPeer = 16; // connections of an exchange over gRPC, both ways

    /// <summary>Training with workers that are threads.</summary>
    public static int ForThreads(int workers) => Training + OfWorker * workers;

    /// <summary>Training with workers that are processes, for the coordinator's process and for each worker's.</summary>
    public static int ForProcesses(int workers) => Serving + OfPeer * workers;

    /// <summary>A coordinator that serves, and a worker that joins one.</summary>
    public static int ForServing => Serving + OfPeer;

    /// <summary>Why a command cannot have what it needs, with the remedy; null if it can.</summary>
    public static string? Problem(string command, int need) => ResourceLimits.OpenFiles is { } limit && limit < need
        ? $"{command} needs {need} open files, and this process may have {limit}. Raise the limit in the shell or the service that starts it: ulimit -n {Math.Max(1024, 2 * need)} (LimitNOFILE= of systemd, --ulimit nofile= of a container)."
        : null;

    /// <exception cref="UserErrorException">The limit is below the need.</exception>
    public static void Require(string command, int need)
    {
        if (Problem(command, need) is { } problem) throw new UserErrorException(problem);
    }
}
