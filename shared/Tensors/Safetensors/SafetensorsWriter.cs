using System.Runtime.ExceptionServices;
using Distributed.Tensors.Files;
using static TorchSharp.torch;

namespace Distributed.Tensors.Safetensors;

/// <summary>Describes a tensor that has been written.</summary>
/// <param name="Entry">Name, dtype, shape and byte range in the file.</param>
/// <param name="Hash">Hash of the tensor's bytes, see <see cref="TensorHash"/>.</param>
/// <param name="IsFinite">Whether no value is NaN or infinite.</param>
public sealed record WrittenTensor(TensorEntry Entry, string Hash, bool IsFinite);

/// <summary>Gives the writer access to a tensor for the duration of the call; called from several threads concurrently.</summary>
/// <param name="name">Name of the tensor.</param>
/// <param name="tensor">The tensor passed to the writer.</param>
/// <param name="write">
/// Writes a tensor. Must be called once, with this tensor or one of equal type, shape and values; its result must be returned.
/// </param>
public delegate string TensorAccess(string name, Tensor tensor, Func<Tensor, string> write);

/// <summary>Writes safetensors files directly from the tensors' memory, several tensors concurrently.</summary>
public static class SafetensorsWriter
{
    /// <summary>
    /// Writes a file on disk.
    /// <list type="number">
    /// <item>The file appears under its name only when it is complete and flushed, see <see cref="DiskWriter"/>. An existing file of that
    /// name is replaced. The folder is not flushed.</item>
    /// <item>Equal tensors and metadata give equal bytes. Tensors are ordered by descending item size, so that each tensor is aligned to
    /// its item size, then by ordinal name.</item>
    /// <item>Only a tensor that is not contiguous or not in main memory is copied; at most <paramref name="maxConcurrent"/> copies
    /// exist.</item>
    /// </list>
    /// </summary>
    /// <param name="path">Path of the file; its folder must exist.</param>
    /// <param name="tensors">Tensors with unique names.</param>
    /// <param name="metadata">Strings for <c>__metadata__</c>; null for none.</param>
    /// <param name="access">Gives access to each tensor while it is written; null if no other thread changes the tensors.</param>
    /// <param name="maxConcurrent">
    /// Number of tensors that are written concurrently, at least 1. Hashing takes about as long as writing, so 2 keeps processor and disk
    /// busy.
    /// </param>
    /// <returns>The written tensors, in file order.</returns>
    /// <exception cref="SafetensorsException">A name is duplicate or reserved, or the format does not support a dtype.</exception>
    /// <exception cref="IOException">The disk is full or fails; the temporary file is removed, an existing file is unchanged.</exception>
    public static IReadOnlyList<WrittenTensor> Write(
        string path,
        IReadOnlyList<(string Name, Tensor Tensor)> tensors,
        IReadOnlyDictionary<string, string>? metadata = null,
        TensorAccess? access = null,
        int maxConcurrent = 2) =>
        Write(path, length => new DiskWriter(path, length), tensors, metadata, access, maxConcurrent);

    /// <summary>Writes a file in any kind of storage, with the same contents as the other overload.</summary>
    /// <param name="path">Path or address of the file, for messages.</param>
    /// <param name="create">Creates the file with the given length in bytes.</param>
    /// <param name="tensors">Tensors with unique names.</param>
    /// <param name="metadata">Strings for <c>__metadata__</c>; null for none.</param>
    /// <param name="access">Gives access to each tensor while it is written; null if no other thread changes the tensors.</param>
    /// <param name="maxConcurrent">Number of tensors that are written concurrently, at least 1.</param>
    public static IReadOnlyList<WrittenTensor> Write(
        string path,
        Func<long, IWritableFile> create,
        IReadOnlyList<(string Name, Tensor Tensor)> tensors,
        IReadOnlyDictionary<string, string>? metadata = null,
        TensorAccess? access = null,
        int maxConcurrent = 2)
    {
        var planned = SafetensorsPlan.Make(path, tensors, metadata);
        var written = new WrittenTensor[planned.Tensors.Count];
        using var file = create(planned.FileLength);
        file.Write(planned.Header, 0);
        WriteAll(file, planned, access ?? ((_, tensor, write) => write(tensor)), maxConcurrent, written);
        file.Complete();
        return written;
    }

    /// <summary>Sorts tensors in the order in which a file holds them.</summary>
    public static IReadOnlyList<(string Name, Tensor Tensor)> InFileOrder(IEnumerable<(string Name, Tensor Tensor)> tensors) =>
        [.. tensors.OrderByDescending(tensor => tensor.Tensor.element_size()).ThenBy(tensor => tensor.Name, StringComparer.Ordinal)];

    private static void WriteAll(
        IWritableFile file, SafetensorsPlan planned, TensorAccess access, int maxConcurrent, WrittenTensor[] written)
    {
        var next = -1;
        try
        {
            // Each thread takes the next tensor, so tensors are written in file order except for those written concurrently.
            var options = new ParallelOptions { MaxDegreeOfParallelism = maxConcurrent };
            Parallel.For(0, Math.Min(maxConcurrent, written.Length), options, (_, others) =>
            {
                while (!others.IsExceptional && Interlocked.Increment(ref next) is var i && i < written.Length)
                {
                    var (entry, tensor) = planned.Tensors[i];
                    var isFinite = true;
                    var hash = access(entry.Name, tensor, source => WriteTensor(file, entry, source, out isFinite));
                    written[i] = new WrittenTensor(entry, hash, isFinite);
                }
            });
        }
        catch (AggregateException failures)
        {
            ExceptionDispatchInfo.Throw(failures.InnerExceptions[0]);
        }
    }

    private static string WriteTensor(IWritableFile file, TensorEntry entry, Tensor tensor, out bool isFinite)
    {
        if (!TensorMemory.IsPlain(tensor))
        {
            using var copy = PlainCopy(tensor);
            return WriteTensor(file, entry, copy, out isFinite);
        }

        isFinite = true;
        using var hash = TensorHash.New();
        var data = TensorMemory.Pointer(tensor);
        for (var done = 0L; done < entry.Length;)
        {
            var piece = TensorMemory.Chunk(data, done, entry.Length);
            hash.Append(piece);
            isFinite = isFinite && FiniteValues.AreAll(piece, entry.Dtype.Scalar);
            file.Write(piece, entry.Offset + done);
            done += piece.Length;
        }

        GC.KeepAlive(tensor);
        return hash.Finish();
    }

    private static Tensor PlainCopy(Tensor tensor)
    {
        using var withoutGraph = no_grad();
        using var local = tensor.cpu();
        return local.contiguous();
    }
}
