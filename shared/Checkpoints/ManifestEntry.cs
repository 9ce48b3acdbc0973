namespace Distributed.Checkpoints;

/// <summary>One tensor of a checkpoint: a line of the manifest, and what a rank reports after writing its shard.</summary>
/// <param name="Kind">Weights or optimizer state.</param>
/// <param name="Name">Global name, the same whichever rank holds it; unique within the kind.</param>
/// <param name="Dtype">Element type in safetensors' spelling.</param>
/// <param name="Shape">Global shape.</param>
/// <param name="File">File in the checkpoint's folder, without a path.</param>
/// <param name="Offset">First byte, from the start of the file.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Hash">Of those bytes, see <see cref="Tensors.Safetensors.TensorHash"/>.</param>
public sealed record ManifestEntry(
    TensorKind Kind,
    string Name,
    string Dtype,
    IReadOnlyList<long> Shape,
    string File,
    long Offset,
    long Length,
    string Hash);
