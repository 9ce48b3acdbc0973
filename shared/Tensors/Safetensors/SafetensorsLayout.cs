namespace Distributed.Tensors.Safetensors;

/// <summary>
/// Validates the byte ranges of a header. Every range must lie inside the file and match its shape, and all ranges together must cover
/// the data exactly once, without overlaps or gaps.
/// </summary>
internal static class SafetensorsLayout
{
    /// <summary>
    /// Validates the tensors and returns them in file order, with offsets from the start of the file.
    /// </summary>
    /// <param name="file">Path of the file, for messages.</param>
    /// <param name="entries">Tensors with offsets relative to <paramref name="dataStart"/>; sorted in place.</param>
    /// <param name="dataStart">Offset of the first byte after the header.</param>
    /// <param name="fileLength">Length of the file in bytes.</param>
    /// <exception cref="SafetensorsException">A range is invalid; the exception names the first such tensor.</exception>
    public static OrderedDictionary<string, TensorEntry> Check(string file, List<TensorEntry> entries, long dataStart, long fileLength)
    {
        var dataLength = fileLength - dataStart;
        foreach (var entry in entries) CheckAlone(file, entry, dataStart, fileLength);

        // An empty tensor shares its offset with the next one; ordering by end as well puts it first.
        entries.Sort((a, b) => (a.Offset, a.End).CompareTo((b.Offset, b.End)));
        var placed = new OrderedDictionary<string, TensorEntry>(entries.Count);
        var covered = 0L;
        foreach (var entry in entries)
        {
            if (entry.Offset != covered)
            {
                var defect = entry.Offset < covered ? "overlaps the tensor before it" : "leaves a gap after the tensor before it";
                throw new SafetensorsException(
                    file, entry.Name, $"its data begins at {entry.Offset} and {defect}, which ends at {covered}.");
            }

            covered = entry.End;
            placed.Add(entry.Name, entry with { Offset = dataStart + entry.Offset });
        }

        if (covered != dataLength)
        {
            throw new SafetensorsException(
                file, null, $"the header describes {covered} byte{(covered == 1 ? "" : "s")} of data, the file has {dataLength}: "
                + $"{dataLength - covered} byte{(dataLength - covered == 1 ? "" : "s")} at its end "
                + $"belong{(dataLength - covered == 1 ? "s" : "")} to no tensor.");
        }

        return placed;
    }

    private static void CheckAlone(string file, TensorEntry entry, long dataStart, long fileLength)
    {
        if (entry.Length < 0)
            throw new SafetensorsException(file, entry.Name, $"data_offsets must not decrease, found [{entry.Offset}, {entry.End}].");
        if (entry.End > fileLength - dataStart)
        {
            throw new SafetensorsException(
                file, entry.Name,
                $"its data ends at byte {(Int128)dataStart + entry.End} but the file has {fileLength}: "
                + "it is truncated, or its header damaged.");
        }

        if (ByteCount(entry.Dtype, entry.Shape) is not { } needed)
            throw new SafetensorsException(file, entry.Name, $"{entry.Describe()} needs more than 2^63 bytes.");
        if (needed != entry.Length)
        {
            throw new SafetensorsException(
                file, entry.Name, $"{entry.Describe()} needs {needed} bytes, its data_offsets span {entry.Length}.");
        }
    }

    /// <summary>
    /// Computes the product of the shape times the item size; null if it overflows. Strides can overflow even if a dimension is 0, so the
    /// overflow check counts a dimension of 0 as 1.
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
