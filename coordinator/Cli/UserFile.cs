using Distributed.Tensors.Files;

namespace Distributed.Cli;

/// <summary>A file of text that the user names.</summary>
internal static class UserFile
{
    /// <summary>All of it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="named">As the user named it, such as <c>--token-file token</c>.</param>
    /// <exception cref="UserErrorException">It cannot be read.</exception>
    public static string Text(string path, string named)
    {
        try
        {
            FileStatus.RefuseSpecial(path);
            return File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"{named}: cannot be read: {(Directory.Exists(path) ? "it is a folder; name a file." : error.Message)}");
        }
    }
}
