using System.Text;

namespace Distributed.Protocol.Security;

/// <summary>Files that only their owner may read: keys and what is worth as much.</summary>
public static class PrivateFile
{
    private const UnixFileMode OwnersFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnersFolder = OwnersFile | UnixFileMode.UserExecute;

    /// <summary>Writes a file whole or not at all, in place of one that is there, with mode 0600 from its first byte on.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(string path, string text)
    {
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            WriteNew(temporary, text);
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Makes a file where there is none. Of several that do so at once one is told true; a reader may see the file before its text.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static bool TryCreate(string path, string text)
    {
        try
        {
            WriteNew(path, text);
            return true;
        }
        catch (IOException) when (File.Exists(path))
        {
            return false;
        }
    }

    /// <summary>Makes a folder that only its owner may enter, where there is none.</summary>
    public static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, OwnersFolder);
    }

    private static void WriteNew(string path, string text)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.Read };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnersFile;
        using var stream = new FileStream(path, options);
        stream.Write(Encoding.UTF8.GetBytes(text));
        stream.Flush(flushToDisk: true);
    }
}
