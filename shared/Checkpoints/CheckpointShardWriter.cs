using Distributed.Checkpoints.Stores;
using Distributed.Tensors.Safetensors;
using static TorchSharp.torch;

namespace Distributed.Checkpoints;

/// <summary>Writes a rank's part of a save. Every rank writes its own files; only rank 0 commits.</summary>
public static class CheckpointShardWriter
{
    /// <summary>The metadata that loaders of Hugging Face checkpoints require; every shard has exactly this.</summary>
    internal static readonly Dictionary<string, string> Metadata = new() { ["format"] = "pt" };

    /// <summary>
    /// Writes this rank's tensors of one kind, flushed to the disk, and returns their entries for the manifest.
    /// <list type="number">
    /// <item>The folder is never created here: rank 0 created it, and if it no longer exists, this save was superseded or abandoned.</item>
    /// <item>On failure the whole temporary folder is removed, which frees the disk and stops the other ranks. If a value is not finite,
    /// the folder stays and the other ranks continue, so that the first such tensor of all ranks can be reported; the committing rank then
    /// abandons the folder.</item>
    /// </list>
    /// </summary>
    /// <param name="folder">From <see cref="CheckpointCommit.Begin"/>.</param>
    /// <param name="kind">Weights or optimizer state.</param>
    /// <param name="rank">The rank that writes, at least 0.</param>
    /// <param name="tensors">Global names and tensors, which may be views. May be empty.</param>
    /// <param name="access">Gives access to each tensor while it is written; null if no other thread changes the tensors.</param>
    /// <param name="maxConcurrent">Number of tensors written concurrently, at least 1.</param>
    /// <exception cref="CheckpointException">
    /// The disk is full or fails, a name is given twice, a value is not finite, or another rank abandoned the save.
    /// </exception>
    public static IReadOnlyList<ManifestEntry> WriteShard(
        StoredFolder folder, TensorKind kind, int rank, IReadOnlyList<(string Name, Tensor Tensor)> tensors,
        TensorAccess? access = null, int maxConcurrent = 2)
    {
        var file = CheckpointLayout.ShardFile(kind, rank);
        try
        {
            var written = SafetensorsWriter.Write(folder.PathOf(file), length => folder.Store.Put(folder.Name, file, length), tensors,
                Metadata, access, maxConcurrent);
            if (FirstNotFinite(tensors, written) is { } tensor) throw SaveFailure.NotFinite(folder, file, tensor);
            return
            [
                .. written.Select(
                    w => new ManifestEntry(kind, w.Entry.Name, w.Entry.Dtype.Name, w.Entry.Shape, file, w.Entry.Offset,
                        w.Entry.Length, w.Hash)),
            ];
        }
        catch (IOException e)
        {
            // The failure is created before the folder is removed: it distinguishes a missing folder from a full disk.
            var failure = SaveFailure.Writing(folder, file, tensors.Sum(t => t.Tensor.numel() * t.Tensor.element_size()), e);
            CheckpointCommit.Abandon(folder);
            throw failure;
        }
        catch (SafetensorsException e)
        {
            CheckpointCommit.Abandon(folder);
            throw new CheckpointException(e.Message, e);
        }
    }

    // The tensors are in the order of the network.
    private static string? FirstNotFinite(IReadOnlyList<(string Name, Tensor Tensor)> tensors, IReadOnlyList<WrittenTensor> written)
    {
        var bad = written.Where(tensor => !tensor.IsFinite).Select(tensor => tensor.Entry.Name).ToHashSet();
        return bad.Count == 0 ? null : tensors.First(tensor => bad.Contains(tensor.Name)).Name;
    }
}
