namespace Distributed.Tensors.Safetensors;

/// <summary>Where one tensor lies in a safetensors file.</summary>
/// <param name="Name">Its name, unique in the file.</param>
/// <param name="Dtype">Element type.</param>
/// <param name="Shape">Dimensions, row-major; empty for a scalar.</param>
/// <param name="Offset">First byte, counted from the start of the file.</param>
/// <param name="Length">Bytes: product of the shape times the item size.</param>
public sealed record TensorEntry(string Name, SafetensorsDtype Dtype, IReadOnlyList<long> Shape, long Offset, long Length)
{
    /// <summary>One past the last byte, counted from the start of the file.</summary>
    public long End => Offset + Length;

    /// <summary>Element type and shape for messages, for example <c>BF16 [128, 64]</c>.</summary>
    public string Describe() => $"{Dtype} {Describe(Shape)}";

    /// <summary>A shape for messages, for example <c>[128, 64]</c>.</summary>
    public static string Describe(IEnumerable<long> shape) => $"[{string.Join(", ", shape)}]";
}
