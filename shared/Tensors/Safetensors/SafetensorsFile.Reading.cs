using static TorchSharp.torch;

namespace Distributed.Tensors.Safetensors;

public sealed partial class SafetensorsFile
{
    /// <summary>Reads a tensor into newly allocated memory on the CPU, with the stored dtype and shape.</summary>
    /// <param name="name">Name of the tensor in the file.</param>
    /// <param name="hash">Receives the tensor's bytes as they are read; null for none.</param>
    /// <exception cref="SafetensorsException">The tensor does not exist, or its data cannot be read.</exception>
    public Tensor ReadTensor(string name, TensorHash? hash = null)
    {
        var entry = Find(name);
        return ReadNew(entry, entry.Shape, entry.Offset, hash);
    }

    /// <summary>
    /// Reads a tensor into an existing one. A destination that is contiguous and on the CPU is filled directly; any other (a transposed
    /// view, a GPU tensor) through a temporary copy.
    /// </summary>
    /// <param name="name">Name of the tensor in the file.</param>
    /// <param name="destination">Receives the data; must have the stored dtype and shape.</param>
    /// <param name="hash">Receives the tensor's bytes as they are read; null for none.</param>
    /// <exception cref="SafetensorsException">
    /// The tensor does not exist, its dtype or shape differs (the destination is then unchanged), or its data cannot be read (the
    /// destination's contents are then undefined).
    /// </exception>
    public void ReadInto(string name, Tensor destination, TensorHash? hash = null)
    {
        var entry = Find(name);
        ReadOver(entry, entry.Shape, entry.Offset, destination, hash);
    }

    /// <summary>Reads rows [begin, end) of a tensor's first dimension into newly allocated memory.</summary>
    /// <exception cref="SafetensorsException">The tensor or the rows do not exist, or the data cannot be read.</exception>
    public Tensor ReadRows(string name, long begin, long end)
    {
        var (entry, shape, offset) = Rows(name, begin, end);
        return ReadNew(entry, shape, offset, null);
    }

    /// <summary>Fills the span with bytes of a tensor, starting at <paramref name="offset"/> within the tensor.</summary>
    /// <exception cref="SafetensorsException">The span extends past the tensor's end, or the data cannot be read.</exception>
    public void ReadBytes(TensorEntry entry, Span<byte> destination, long offset = 0)
    {
        if (offset < 0 || destination.Length > entry.Length - offset)
        {
            throw new SafetensorsException(
                Path, entry.Name, $"bytes {offset} to {(Int128)offset + destination.Length} were requested, but it has {entry.Length}.");
        }

        ReadExactly(_file, entry.Name, entry.Offset + offset, destination);
    }

    /// <summary>Hashes a tensor's bytes.</summary>
    /// <param name="name">Name of the tensor in the file.</param>
    /// <param name="hash">New hash of any algorithm.</param>
    /// <param name="onPiece">Called with each piece read, which holds whole elements; null for none.</param>
    /// <returns>The hash of the bytes.</returns>
    /// <exception cref="SafetensorsException">The tensor does not exist, or its data cannot be read.</exception>
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
            throw new SafetensorsException(Path, name, $"rows [{begin}, {end}) were requested, but it has {entry.Shape[0]}.");
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
            throw new SafetensorsException(
                Path, entry.Name,
                $"is {entry.Dtype} {TensorEntry.Describe(shape)} here, "
                + $"the destination is {dtype} {TensorEntry.Describe(destination.shape)}.");
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
            // libtorch assumes 0 or 1; with any other byte, results depend on the operator.
            if (entry.Dtype == SafetensorsDtype.Bool && piece.IndexOfAnyExcept((byte)0, (byte)1) is >= 0 and var at)
            {
                throw new SafetensorsException(
                    Path, entry.Name,
                    $"element {offset - entry.Offset + done + at} is {piece[at]}; a BOOL is 0 or 1, so the data is damaged.");
            }

            hash?.Append(piece);
            done += piece.Length;
        }

        GC.KeepAlive(tensor);
    }
}
