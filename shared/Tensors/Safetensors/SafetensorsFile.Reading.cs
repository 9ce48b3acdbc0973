using static TorchSharp.torch;

namespace Distributed.Tensors.Safetensors;

public sealed partial class SafetensorsFile
{
    /// <summary>Reads a tensor into memory of its own, with the stored dtype and shape, on the CPU.</summary>
    /// <param name="name">Name in the file.</param>
    /// <param name="hash">Where given, is fed the tensor's bytes as they are read.</param>
    /// <exception cref="SafetensorsException">No such tensor, or its data cannot be read.</exception>
    public Tensor ReadTensor(string name, TensorHash? hash = null)
    {
        var entry = Find(name);
        return ReadNew(entry, entry.Shape, entry.Offset, hash);
    }

    /// <summary>
    /// Reads a tensor over an existing one. A destination that is contiguous on the CPU is read into directly,
    /// any other (a transposed view, a GPU tensor) by way of a temporary copy.
    /// </summary>
    /// <param name="name">Name in the file.</param>
    /// <param name="destination">Of the stored dtype and shape.</param>
    /// <param name="hash">Where given, is fed the tensor's bytes as they are read.</param>
    /// <exception cref="SafetensorsException">
    /// No such tensor, another dtype or shape (nothing is changed then), or data that cannot be read (the destination's
    /// contents are then undefined).
    /// </exception>
    public void ReadInto(string name, Tensor destination, TensorHash? hash = null)
    {
        var entry = Find(name);
        ReadOver(entry, entry.Shape, entry.Offset, destination, hash);
    }

    /// <summary>Reads rows [begin, end) of a tensor's first dimension into memory of their own.</summary>
    /// <exception cref="SafetensorsException">No such tensor, no such rows, or data that cannot be read.</exception>
    public Tensor ReadRows(string name, long begin, long end)
    {
        var (entry, shape, offset) = Rows(name, begin, end);
        return ReadNew(entry, shape, offset, null);
    }

    /// <summary>Reads bytes of a tensor, from <paramref name="offset"/> in it, until the span is full.</summary>
    /// <exception cref="SafetensorsException">The span reaches past the tensor, or the data cannot be read.</exception>
    public void ReadBytes(TensorEntry entry, Span<byte> destination, long offset = 0)
    {
        if (offset < 0 || destination.Length > entry.Length - offset)
            throw new SafetensorsException(Path, entry.Name, $"bytes {offset} to {(Int128)offset + destination.Length} were asked for, it has {entry.Length}.");
        ReadExactly(_file, entry.Name, entry.Offset + offset, destination);
    }

    /// <summary>Feeds a tensor's bytes to a hash.</summary>
    /// <param name="name">Name in the file.</param>
    /// <param name="hash">Of any algorithm, new.</param>
    /// <param name="onPiece">Called with each piece read, of whole elements.</param>
    /// <returns>The hash of the bytes.</returns>
    /// <exception cref="SafetensorsException">No such tensor, or its data cannot be read.</exception>
    public string Hash(string name, TensorHash hash, Action<ReadOnlySpan<byte>>? onPiece = null)
    {
        var entry = Find(name);
        var buffer = new byte[Math.Min(TensorMemory.ChunkBytes, entry.Length)];
        for (var done = 0L; done < entry.Length;)
        {
            var piece = buffer.AsSpan(0, (int)Math.Min(buffer.Length, entry.Length - done));
            ReadBytes(entry, piece, done);
            hash.Append(piece);
            onPiece?.Invoke(piece);
            done += piece.Length;
        }

        return hash.Finish();
    }

    private (TensorEntry Entry, long[] Shape, long Offset) Rows(string name, long begin, long end)
    {
        var entry = Find(name);
        if (entry.Shape.Count == 0) throw new SafetensorsException(Path, name, "is a scalar and has no rows.");
        if (begin < 0 || begin > end || end > entry.Shape[0])
            throw new SafetensorsException(Path, name, $"rows [{begin}, {end}) were asked for, it has {entry.Shape[0]}.");
        var rowBytes = entry.Shape[0] == 0 ? 0 : entry.Length / entry.Shape[0];
        return (entry, [end - begin, .. entry.Shape.Skip(1)], entry.Offset + begin * rowBytes);
    }

    private Tensor ReadNew(TensorEntry entry, IReadOnlyList<long> shape, long offset, TensorHash? hash)
    {
        var tensor = empty([.. shape], dtype: entry.Dtype.Scalar, device: CPU);
        try
        {
            Fill(entry, offset, tensor, hash);
            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    private void ReadOver(TensorEntry entry, IReadOnlyList<long> shape, long offset, Tensor destination, TensorHash? hash)
    {
        if (destination.dtype != entry.Dtype.Scalar || !destination.shape.SequenceEqual(shape))
        {
            var dtype = SafetensorsDtype.Find(destination.dtype)?.Name ?? destination.dtype.ToString();
            throw new SafetensorsException(Path, entry.Name, $"is {entry.Dtype} {TensorEntry.Describe(shape)} here, the destination is {dtype} {TensorEntry.Describe(destination.shape)}.");
        }

        if (TensorMemory.IsPlain(destination))
        {
            Fill(entry, offset, destination, hash);
            return;
        }

        using var staged = ReadNew(entry, shape, offset, hash);
        using var withoutGraph = no_grad();
        destination.copy_(staged);
    }

    private void Fill(TensorEntry entry, long offset, Tensor tensor, TensorHash? hash)
    {
        var byteCount = TensorMemory.ByteCount(tensor);
        var data = TensorMemory.Pointer(tensor);
        for (var done = 0L; done < byteCount;)
        {
            var piece = TensorMemory.Chunk(data, done, byteCount);
            ReadExactly(_file, entry.Name, offset + done, piece);
            // libtorch assumes 0 or 1; any other byte makes its results depend on the operator.
            if (entry.Dtype == SafetensorsDtype.Bool && piece.IndexOfAnyExcept((byte)0, (byte)1) is >= 0 and var at)
                throw new SafetensorsException(Path, entry.Name, $"element {offset - entry.Offset + done + at} is {piece[at]}; a BOOL is 0 or 1, so the data is damaged.");
            hash?.Append(piece);
            done += piece.Length;
        }

        GC.KeepAlive(tensor);
    }
}
