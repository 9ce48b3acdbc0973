using Microsoft.Extensions.Logging;

namespace Distributed.Cli.Workers;

/// <summary>The folder for the rendezvous of workers of this host that exchange over shared memory.</summary>
internal static partial class RendezvousFolder
{
    /// <summary>The default folder. It is the same for all workers of this user, so that they find each other.</summary>
    private static string OfThisUser =>
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify),
            "distributed", "rendezvous");

    /// <summary>Creates the folder if it is missing; null if the default folder cannot be created.</summary>
    /// <param name="requested">The folder that the user requested; null for the default folder.</param>
    /// <param name="logger">Logs a warning if the default folder cannot be created.</param>
    /// <exception cref="UserErrorException">The requested folder cannot be created.</exception>
    public static string? Of(string? requested, ILogger logger)
    {
        var folder = Path.GetFullPath(requested ?? OfThisUser);
        try
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
            else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            return folder;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            if (requested is not null)
            {
                throw new UserErrorException($"--rendezvous {requested}: cannot be created: {error.Message} "
                    + "Choose a folder that this user can write to, or omit --rendezvous.");
            }

            LogNone(logger, error.Message);
            return null;
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Workers of this host exchange over the network instead of shared memory: {Problem} Choose a folder with --rendezvous")]
    private static partial void LogNone(ILogger logger, string problem);
}
