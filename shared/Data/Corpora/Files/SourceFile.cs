using Distributed.Configuration;

namespace Distributed.Data.Corpora.Files;

/// <summary>One file of a corpus.</summary>
/// <param name="Path">The full path.</param>
/// <param name="RelativePath">The path below the corpus, with '/'; files are sorted by it.</param>
/// <param name="Length">Length in bytes.</param>
internal sealed record SourceFile(string Path, string RelativePath, long Length)
{
    /// <summary>Opens a file for one sequential pass over its bytes.</summary>
    /// <exception cref="DataException">The file cannot be opened, or is not a regular file.</exception>
    public static FileStream OpenRead(string path)
    {
        try
        {
            FileStatus.RefuseSpecial(path);
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"The file '{path}' cannot be read: {e.Message} Check that it exists and that you may read it.", e);
        }
    }
}
