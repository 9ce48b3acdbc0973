using System.Text;

namespace Distributed.Configuration;

/// <summary>Reads a regular file that a user names, up to a size limit.</summary>
public static class DocumentFile
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The bytes of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="most">Largest allowed size, in bytes.</param>
    /// <exception cref="DocumentException">The file is larger.</exception>
    /// <exception cref="IOException">The file cannot be read, or is a pipe, a socket or a device.</exception>
    /// <exception cref="UnauthorizedAccessException">The file is a folder, or this user may not read it.</exception>
    public static byte[] Bytes(string path, int most)
    {
        FileStatus.RefuseSpecial(path);
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        var expected = file.Length; // 0 for some files that have bytes, such as those below /proc
        if (expected > most) throw TooLarge(most);
        using var bytes = new MemoryStream((int)expected);
        var buffer = new byte[1 << 16];
        while (file.Read(buffer) is > 0 and var read)
        {
            if (bytes.Length + read > most) throw TooLarge(most);
            bytes.Write(buffer, 0, read);
        }

        return bytes.ToArray();
    }

    /// <summary>The text of a file in UTF-8, or in UTF-16 or UTF-32 with a byte order mark.</summary>
    /// <param name="path">The file.</param>
    /// <param name="most">Largest allowed size, in bytes.</param>
    /// <exception cref="DocumentException">The file is larger, or is not text.</exception>
    /// <exception cref="IOException">The file cannot be read, or is a pipe, a socket or a device.</exception>
    /// <exception cref="UnauthorizedAccessException">The file is a folder, or this user may not read it.</exception>
    public static string Text(string path, int most)
    {
        try
        {
            using var reader = new StreamReader(new MemoryStream(Bytes(path, most)), Strict);
            return reader.ReadToEnd();
        }
        catch (DecoderFallbackException error)
        {
            throw new DocumentException($"it is not UTF-8: {error.Message}", inner: error);
        }
    }

    private static DocumentException TooLarge(int most) => new($"it has more than {most} bytes; allowed: at most {most}");
}
