using System.Runtime.ExceptionServices;
using Distributed.Tensors.Files;
using static TorchSharp.torch;

namespace Distributed.Tensors.Safetensors;

/// <summary>A tensor as it was written.</summary>
/// <param name="Entry">Name, dtype, shape and byte range in the file.</param>
/// <param name="Hash">Of its bytes, see <see cref="TensorHash"/>.</param>
/// <param name="IsFinite">Whether none of its numbers is NaN or infinite.</param>
public sealed record WrittenTensor(TensorEntry Entry, string Hash, bool IsFinite);

/// <summary>Lends a tensor to the writer, for as long as a call lasts; called from several threads at once.</summary>
/// <param name="name">Of the tensor.</param>
/// <param name="tensor">As it was given.</param>
/// <param name="write">To be called once, with that tensor or another of its type, shape and values; its result is returned.</param>
public delegate string TensorLending(string name, Tensor tensor, Func<Tensor, string> write);

/// <summary>Writes safetensors files, a few tensors at a time straight from their memory.</summary>
public static class SafetensorsWriter
{
    /// <summary>
    /// Writes a file.
    /// <list type="number">
    /// <item>The file appears under its name only when it is complete and on the disk (flushed), see <see cref="DiskWriter"/>. A file of that name
    /// is replaced. The folder is not flushed.</item>
    /// <item>Equal tensors and metadata give equal bytes: wider items first, so that each tensor is aligned to its
    /// item size, then by ordinal name.</item>
    /// <item>A tensor that is not contiguous or not in main memory is copied, as many at a time as are under way; no other is.</item>
    /// </list>
    /// </summary>
    /// <param name="path">Of the file; its folder exists.</param>
    /// <param name="tensors">Unique names; any size.</param>
    /// <param name="metadata">Free-form strings.</param>
    /// <param name="lend">Lends each tensor while it is written; null where nobody changes them meanwhile.</param>
    /// <param name="atATime">Tensors under way at once, at least 1: hashing takes about as long as the disk does, so that two keep both busy.</param>
    /// <returns>What was written, in file order.</returns>
    /// <exception cref="SafetensorsException">A name is given twice or reserved, or a dtype has no spelling.</exception>
    /// <exception cref="IOException">The disk is full or fails; nothing is left under either name, except a
    /// previous file of that name.</exception>
    public static IReadOnlyList<WrittenTensor> Write(
        string path,
        IReadOnlyList<(string Name, Tensor Tensor)> tensors,
        IReadOnlyDictionary<string, string>? metadata = null,
        TensorLending? lend = null,
        int atATime = 2) =>
        Write(path, length => new DiskWriter(path, length), tensors, metadata, lend, atATime);

    /// <summary>Writes a file wherever it is to lie, as the other form does.</summary>
    /// <param name="path">What it is called in messages.</param>
    /// <param name="create">Begins the file, of so many bytes.</param>
    /// <param name="tensors">Unique names; any size.</param>
    /// <param name="metadata">Free-form strings.</param>
    /// <param name="lend">Lends each tensor while it is written; null where nobody changes them meanwhile.</param>
    /// <param name="atATime">Tensors under way at once, at least 1.</param>
    public static IReadOnlyList<WrittenTensor> Write(
        string path,
        Func<long, IWritableFile> create,
        IReadOnlyList<(string Name, Tensor Tensor)> tensors,
        IReadOnlyDictionary<string, string>? metadata = null,
        TensorLending? lend = null,
        int atATime = 2)
    {
        var planned = SafetensorsPlan.Make(path, tensors, metadata);
        var written = new WrittenTensor[planned.Tensors.Count];
        using var file = create(planned.FileLength);
        file.Write(planned.Header, 0);
        WriteAll(file, planned, lend ?? ((_, tensor, write) => write(tensor)), atATime, written);
        file.Complete();
        return written;
    }

    /// <summary>Tensors in the order in which a file of them is written.</summary>
    public static IReadOnlyList<(string Name, Tensor Tensor)> InFileOrder(IEnumerable<(string Name, Tensor Tensor)> tensors) =>
        [.. tensors.OrderByDescending(tensor => tensor.Tensor.element_size()).ThenBy(tensor => tensor.Name, StringComparer.Ordinal)];

    private static void WriteAll(IWritableFile file, SafetensorsPlan planned, TensorLending lend, int atATime, WrittenTensor[] written)
    {
        var next = -1;
        try
        {
            // Each takes the next one, so that they are written in order but for the few under way.
            Parallel.For(0, Math.Min(atATime, written.Length), new ParallelOptions { MaxDegreeOfParallelism = atATime }, (_, others) =>
            {
                while (!others.IsExceptional && Interlocked.Increment(ref next) is var i && i < written.Length)
                {
                    var (entry, tensor) = planned.Tensors[i];
                    var isFinite = true;
                    var hash = lend(entry.Name, tensor, lent => WriteTensor(file, entry, lent, out isFinite));
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
