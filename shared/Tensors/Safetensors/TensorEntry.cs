namespace Distributed.Tensors.Safetensors;

/// <summary>Type, shape and byte range of a tensor in a safetensors file.</summary>
/// <param name="Name">Name of the tensor, unique in the file.</param>
/// <param name="Dtype">Element type.</param>
/// <param name="Shape">Dimensions, row-major; empty for a scalar.</param>
/// <param name="Offset">Offset of the first byte from the start of the file.</param>
/// <param name="Length">Length in bytes: product of the shape times the item size.</param>
public sealed record TensorEntry(string Name, SafetensorsDtype Dtype, IReadOnlyList<long> Shape, long Offset, long Length)
{
    /// <summary>Offset one past the last byte, from the start of the file.</summary>
    public long End => Offset + Length;

    /// <summary>Formats element type and shape for messages, for example <c>BF16 [128, 64]</c>.</summary>
    public string Describe() => $"{Dtype} {Describe(Shape)}";

    /// <summary>Formats a shape for messages, for example <c>[128, 64]</c>.</summary>
    public static string Describe(IEnumerable<long> shape) => $"[{string.Join(", ", shape)}]";
}
