namespace Distributed.Configuration;

/// <summary>The kind of file that a path names, with links followed.</summary>
public enum FileKind
{
    /// <summary>Nothing, or a broken link.</summary>
    Missing,

    /// <summary>A regular file; also a file whose status cannot be read, so that opening it gives the reason.</summary>
    Regular,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A pipe: opening a named one waits until some process writes to it.</summary>
    Pipe,

    /// <summary>A Unix domain socket.</summary>
    Socket,

    /// <summary>A character or block device, which may have no end.</summary>
    Device,
}
