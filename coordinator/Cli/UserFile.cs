using Distributed.Configuration;

namespace Distributed.Cli;

/// <summary>A small file of text that the user names.</summary>
internal static class UserFile
{
    /// <summary>All of it, at most the size of a job file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="named">As the user named it, such as <c>--token-file token</c>.</param>
    /// <exception cref="UserErrorException">It cannot be read.</exception>
    public static string Text(string path, string named)
    {
        try
        {
            return DocumentFile.Text(path, DocumentLimits.Job.Bytes);
        }
        catch (Exception error) when (error is DocumentException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UserErrorException($"{named}: cannot be read: {(Directory.Exists(path) ? "it is a folder; name a file." : error.Message)}");
        }
    }
}
