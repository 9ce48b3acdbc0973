using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using static TorchSharp.torch;

namespace Distributed.Tensors.Safetensors;

/// <summary>A tensor as it was written.</summary>
/// <param name="Entry">Name, dtype, shape and byte range in the file.</param>
/// <param name="Sha256">Of its bytes, lower-case hexadecimal.</param>
public sealed record WrittenTensor(TensorEntry Entry, string Sha256);

/// <summary>Writes safetensors files, one tensor after another straight from its memory.</summary>
public static class SafetensorsWriter
{
    /// <summary>Suffix of a file that is still being written.</summary>
    public const string PartialSuffix = ".partial";

    /// <summary>
    /// Writes a file.
    /// <list type="number">
    /// <item>The file appears under its name only when it is complete and on the disk (flushed); before that it
    /// has the suffix <see cref="PartialSuffix"/>. A file of that name is replaced. The folder is not flushed.</item>
    /// <item>Equal tensors and metadata give equal bytes: wider items first, so that each tensor is aligned to its
    /// item size, then by ordinal name.</item>
    /// <item>A tensor that is not contiguous or not in main memory is copied, one at a time; no other is.</item>
    /// </list>
    /// </summary>
    /// <param name="path">Of the file; its folder exists.</param>
    /// <param name="tensors">Unique names; any size.</param>
    /// <param name="metadata">Free-form strings.</param>
    /// <returns>What was written, in file order.</returns>
    /// <exception cref="SafetensorsException">A name is given twice or reserved, or a dtype has no spelling.</exception>
    /// <exception cref="IOException">The disk is full or fails; nothing is left under either name, except a
    /// previous file of that name.</exception>
    public static IReadOnlyList<WrittenTensor> Write(
        string path,
        IReadOnlyList<(string Name, Tensor Tensor)> tensors,
        IReadOnlyDictionary<string, string>? metadata = null)
    {
        var planned = SafetensorsPlan.Make(path, tensors, metadata);
        var partial = path + PartialSuffix;
        try
        {
            List<WrittenTensor> written;
            // Reserving the space makes a full disk known before the first byte is written.
            using (var handle = File.OpenHandle(partial, FileMode.Create, FileAccess.Write, FileShare.None, FileOptions.None, planned.FileLength))
            {
                RandomAccess.Write(handle, planned.Header, 0);
                written = [.. planned.Tensors.Select(t => new WrittenTensor(t.Entry, WriteTensor(handle, t.Entry, t.Tensor)))];
                RandomAccess.FlushToDisk(handle);
            }

            File.Move(partial, path, overwrite: true);
            return written;
        }
        catch
        {
            RemoveQuietly(partial);
            throw;
        }
    }

    private static string WriteTensor(SafeFileHandle handle, TensorEntry entry, Tensor tensor)
    {
        if (!TensorMemory.IsPlain(tensor))
        {
            using var copy = PlainCopy(tensor);
            return WriteTensor(handle, entry, copy);
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var data = TensorMemory.Pointer(tensor);
        for (var done = 0L; done < entry.Length;)
        {
            var piece = TensorMemory.Chunk(data, done, entry.Length);
            hash.AppendData(piece);
            RandomAccess.Write(handle, piece, entry.Offset + done);
            done += piece.Length;
        }

        GC.KeepAlive(tensor);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static Tensor PlainCopy(Tensor tensor)
    {
        using var withoutGraph = no_grad();
        using var local = tensor.cpu();
        return local.contiguous();
    }

    private static void RemoveQuietly(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The failure that led here is the one to report.
        }
    }
}
