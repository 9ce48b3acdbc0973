using Distributed.Configuration;

namespace Distributed.Cli;

/// <summary>Reads small text files that the user names.</summary>
internal static class UserFile
{
    /// <summary>Reads a whole file, up to the maximum size of a job file.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="named">The option and the path as the user wrote them, for the message, such as <c>--token-file token</c>.</param>
    /// <exception cref="UserErrorException">The file cannot be read or is too large.</exception>
    public static string Text(string path, string named)
    {
        try
        {
            return DocumentFile.Text(path, DocumentLimits.Job.Bytes);
        }
        catch (Exception error) when (error is DocumentException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UserErrorException(
                $"{named}: cannot be read: {(Directory.Exists(path) ? "it is a folder; name a file." : error.Message)}");
        }
    }
}
