namespace Distributed.Data.Preparation;

/// <summary>Turns an error of the cache's file system into a message with a fix, by the kind of the error.</summary>
internal static class CacheProblem
{
    private const int NoSpace = 28, ReadOnlyFileSystem = 30, QuotaExceeded = 122; // ENOSPC, EROFS, EDQUOT of errno(3)

    /// <summary>Returns the message for an error of the cache's file system.</summary>
    /// <param name="cache">The cache's folder, which may not exist yet.</param>
    /// <param name="error">The error of the file system.</param>
    public static string Describe(string cache, Exception error)
    {
        const string Writable = "a folder that this user may write to with data.cache.";
        var folder = Existing(cache);
        var remedy = error switch
        {
            UnauthorizedAccessException => $"This user has no permission to write to '{folder}'. Grant it, or name {Writable}",
            IOException { HResult: ReadOnlyFileSystem } => $"'{folder}' is on a read-only file system. Name {Writable}",
            IOException { HResult: NoSpace
                or QuotaExceeded } => $"Free some space in '{folder}', or name a folder of another disk with data.cache.",
            _ => "Name another folder with data.cache.",
        };
        return $"The prepared data cannot be written below '{cache}': {error.Message.TrimEnd('.')}. {remedy}";
    }

    // The nearest existing folder, whose permissions and disk matter.
    private static string Existing(string folder)
    {
        while (!Directory.Exists(folder) && Path.GetDirectoryName(folder) is { } parent) folder = parent;
        return folder;
    }
}
