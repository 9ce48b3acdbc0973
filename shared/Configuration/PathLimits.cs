using System.Text;

namespace Distributed.Configuration;

/// <summary>What the file system can name: lengths are of bytes in UTF-8.</summary>
public static class PathLimits
{
    /// <summary>Bytes between two separators (NAME_MAX), less the suffix of an unfinished file.</summary>
    public const int ComponentBytes = 255 - 32;

    /// <summary>Bytes of a whole path (PATH_MAX), less what this program puts below a folder.</summary>
    public const int PathBytes = 4096 - 512;

    /// <summary>Why a path is too long, with what is allowed; null if it is not.</summary>
    public static string? Problem(string path)
    {
        var whole = Path.GetFullPath(path);
        var longest = whole.Split(Path.DirectorySeparatorChar).Max(Encoding.UTF8.GetByteCount);
        if (longest > ComponentBytes) return $"has {longest} bytes between two separators; allowed: at most {ComponentBytes}";
        var bytes = Encoding.UTF8.GetByteCount(whole);
        return bytes > PathBytes ? $"has {bytes} bytes; allowed: at most {PathBytes}" : null;
    }
}
