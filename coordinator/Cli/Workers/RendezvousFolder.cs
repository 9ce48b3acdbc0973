using Microsoft.Extensions.Logging;

namespace Distributed.Cli.Workers;

/// <summary>Where workers of this host meet that exchange over memory that they share.</summary>
internal static partial class RendezvousFolder
{
    /// <summary>One of this user's, so that workers of one host find each other by themselves.</summary>
    private static string OfThisUser => Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "distributed", "rendezvous");

    /// <summary>The folder, made where it is missing; null where there is none that could be made, and none was asked for.</summary>
    /// <param name="asked">What the user asked for.</param>
    /// <param name="logger">Told where there is none.</param>
    /// <exception cref="UserErrorException">The one that was asked for cannot be made.</exception>
    public static string? Of(string? asked, ILogger logger)
    {
        var folder = Path.GetFullPath(asked ?? OfThisUser);
        try
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
            else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            return folder;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            if (asked is not null) throw new UserErrorException($"--rendezvous {asked} cannot be made: {error.Message} Choose a folder that this user may write to, or leave it out.");
            LogNone(logger, error.Message);
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Others of this host are met over the network: {Problem} --rendezvous names a folder")]
    private static partial void LogNone(ILogger logger, string problem);
}
