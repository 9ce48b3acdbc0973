namespace Distributed.Data.Preparation;

/// <summary>What an error of the cache's file system means to a user, by its kind.</summary>
internal static class CacheProblem
{
    private const int NoSpace = 28, ReadOnlyFileSystem = 30, QuotaExceeded = 122; // ENOSPC, EROFS, EDQUOT of errno(3)

    /// <summary>The message.</summary>
    /// <param name="cache">The cache's folder, which may not exist yet.</param>
    /// <param name="error">What the file system answered.</param>
    public static string Words(string cache, Exception error)
    {
        var remedy = error switch
        {
            UnauthorizedAccessException => $"This user has no permission to write to '{Existing(cache)}'. Grant it, or name a folder that this user may write to with data.cache.",
            IOException { HResult: ReadOnlyFileSystem } => $"'{Existing(cache)}' is on a read-only file system. Name a folder that this user may write to with data.cache.",
            IOException { HResult: NoSpace or QuotaExceeded } => $"Free some space in '{Existing(cache)}', or name a folder of another disk with data.cache.",
            _ => "Name another folder with data.cache.",
        };
        return $"The prepared data cannot be written below '{cache}': {error.Message.TrimEnd('.')}. {remedy}";
    }

    // The nearest folder that exists: the one whose permissions and disk decide.
    private static string Existing(string folder)
    {
        while (!Directory.Exists(folder) && Path.GetDirectoryName(folder) is { } parent) folder = parent;
        return folder;
    }
}
