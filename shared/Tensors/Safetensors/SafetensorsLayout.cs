namespace Distributed.Tensors.Safetensors;

/// <summary>
/// The byte ranges of a header against each other and against the file: every range inside, as long as its
/// shape says, and all of them together covering the data once, without overlaps or holes.
/// </summary>
internal static class SafetensorsLayout
{
    /// <summary>
    /// Checks and returns the tensors in file order, with offsets from the start of the file.
    /// </summary>
    /// <param name="file">Path, for messages.</param>
    /// <param name="entries">With offsets relative to <paramref name="dataStart"/>.</param>
    /// <param name="dataStart">First byte after the header.</param>
    /// <param name="fileLength">Bytes of the whole file.</param>
    /// <exception cref="SafetensorsException">The first defect, by its tensor.</exception>
    public static OrderedDictionary<string, TensorEntry> Check(string file, List<TensorEntry> entries, long dataStart, long fileLength)
    {
        var dataLength = fileLength - dataStart;
        foreach (var entry in entries) CheckAlone(file, entry, dataStart, fileLength);

        // Empty tensors share their offset with a neighbour: ordered by end too, they come first.
        entries.Sort((a, b) => (a.Offset, a.End).CompareTo((b.Offset, b.End)));
        var placed = new OrderedDictionary<string, TensorEntry>(entries.Count);
        var covered = 0L;
        foreach (var entry in entries)
        {
            if (entry.Offset != covered)
            {
                var defect = entry.Offset < covered ? "overlaps the tensor before it" : "leaves a hole before it";
                throw new SafetensorsException(file, entry.Name, $"its data begins at {entry.Offset} and {defect}, which ends at {covered}.");
            }

            covered = entry.End;
            placed.Add(entry.Name, entry with { Offset = dataStart + entry.Offset });
        }

        if (covered != dataLength)
            throw new SafetensorsException(file, null, $"the header describes {covered} byte{(covered == 1 ? "" : "s")} of data, the file has {dataLength}: {dataLength - covered} byte{(dataLength - covered == 1 ? "" : "s")} at its end belong{(dataLength - covered == 1 ? "s" : "")} to no tensor.");
        return placed;
    }

    private static void CheckAlone(string file, TensorEntry entry, long dataStart, long fileLength)
    {
        if (entry.Length < 0)
            throw new SafetensorsException(file, entry.Name, $"data_offsets must not decrease, found [{entry.Offset}, {entry.End}].");
        if (entry.End > fileLength - dataStart)
            throw new SafetensorsException(file, entry.Name, $"its data ends at byte {(Int128)dataStart + entry.End} but the file has {fileLength}: it is truncated, or its header damaged.");
        if (ByteCount(entry.Dtype, entry.Shape) is not { } needed)
            throw new SafetensorsException(file, entry.Name, $"{entry.Describe()} needs more than 2^63 bytes.");
        if (needed != entry.Length)
            throw new SafetensorsException(file, entry.Name, $"{entry.Describe()} needs {needed} bytes, its data_offsets span {entry.Length}.");
    }

    /// <summary>
    /// Product of the shape times the item size; null when it overflows. Strides overflow with the other
    /// dimensions even where one of them is 0, so zeros count as 1 there.
    /// </summary>
    public static long? ByteCount(SafetensorsDtype dtype, IReadOnlyList<long> shape)
    {
        Int128 product = dtype.ItemSize;
        var empty = false;
        foreach (var size in shape)
        {
            empty |= size == 0;
            product *= Math.Max(size, 1);
            if (product > long.MaxValue) return null;
        }

        return empty ? 0 : (long)product;
    }
}
