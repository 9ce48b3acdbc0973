namespace Distributed.Checkpoints;

/// <summary>One tensor of a checkpoint: a line of the manifest. A rank reports its entries after it wrote its shards.</summary>
/// <param name="Kind">Weights or optimizer state.</param>
/// <param name="Name">Global name, independent of the rank that holds the tensor; unique within the kind.</param>
/// <param name="Dtype">Element type, spelled as in safetensors files.</param>
/// <param name="Shape">Global shape.</param>
/// <param name="File">File in the checkpoint's folder, without a path.</param>
/// <param name="Offset">Position of the first byte, from the start of the file.</param>
/// <param name="Length">Length in bytes.</param>
/// <param name="Hash">Hash of these bytes, see <see cref="Tensors.Safetensors.TensorHash"/>.</param>
public sealed record ManifestEntry(
    TensorKind Kind,
    string Name,
    string Dtype,
    IReadOnlyList<long> Shape,
    string File,
    long Offset,
    long Length,
    string Hash);
