using System.Text;

namespace Distributed.Configuration;

/// <summary>Limits on the lengths of paths, in bytes of UTF-8.</summary>
public static class PathLimits
{
    /// <summary>Largest number of bytes between two separators (NAME_MAX), less room for the suffix of an unfinished file.</summary>
    public const int ComponentBytes = 255 - 32;

    /// <summary>
    /// Largest number of bytes of a whole path (PATH_MAX), less room for the names that this program appends to a folder.
    /// </summary>
    public const int PathBytes = 4096 - 512;

    /// <summary>Why a path is too long, and the limit; null if it is not too long.</summary>
    public static string? Problem(string path)
    {
        var whole = Path.GetFullPath(path);
        var longest = whole.Split(Path.DirectorySeparatorChar).Max(Encoding.UTF8.GetByteCount);
        if (longest > ComponentBytes) return $"has {longest} bytes between two separators; allowed: at most {ComponentBytes}";
        var bytes = Encoding.UTF8.GetByteCount(whole);
        return bytes > PathBytes ? $"has {bytes} bytes; allowed: at most {PathBytes}" : null;
    }
}
