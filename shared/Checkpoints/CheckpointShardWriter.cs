using Distributed.Checkpoints.Stores;
using Distributed.Tensors.Safetensors;
using static TorchSharp.torch;

namespace Distributed.Checkpoints;

/// <summary>A rank's part of a save. Every rank writes its own files; only rank 0 commits.</summary>
public static class CheckpointShardWriter
{
    /// <summary>Loaders of Hugging Face checkpoints ask for this; a file with anything else was not written here.</summary>
    internal static readonly Dictionary<string, string> Metadata = new() { ["format"] = "pt" };

    /// <summary>
    /// Writes what this rank holds of one kind, flushed to the disk, and returns it as entries for the manifest.
    /// <list type="number">
    /// <item>The folder is never created here: rank 0 made it, and if it is gone this save is no longer wanted.</item>
    /// <item>On failure the whole temporary folder is removed, which frees the disk and stops the other ranks. A value that is not finite lets them
    /// go on, so that the first such tensor of all ranks can be named; the committing rank then abandons the folder.</item>
    /// </list>
    /// </summary>
    /// <param name="folder">From <see cref="CheckpointCommit.Begin"/>.</param>
    /// <param name="kind">Weights or optimizer state.</param>
    /// <param name="rank">At least 0.</param>
    /// <param name="tensors">Global names and tensors; views are fine. May be empty.</param>
    /// <param name="lend">Lends each tensor while it is written; null where nobody changes them meanwhile.</param>
    /// <param name="atATime">Tensors under way at once, at least 1.</param>
    /// <exception cref="CheckpointException">The disk is full or fails, a name is given twice, a value is not finite, or the save was given up elsewhere.</exception>
    public static IReadOnlyList<ManifestEntry> WriteShard(
        StoredFolder folder, TensorKind kind, int rank, IReadOnlyList<(string Name, Tensor Tensor)> tensors, TensorLending? lend = null, int atATime = 2)
    {
        var file = CheckpointLayout.ShardFile(kind, rank);
        try
        {
            var written = SafetensorsWriter.Write(folder.PathOf(file), length => folder.Store.Put(folder.Name, file, length), tensors, Metadata, lend, atATime);
            if (FirstNotFinite(tensors, written) is { } tensor) throw SaveFailure.NotFinite(folder, file, tensor);
            return [.. written.Select(w => new ManifestEntry(kind, w.Entry.Name, w.Entry.Dtype.Name, w.Entry.Shape, file, w.Entry.Offset, w.Entry.Length, w.Hash))];
        }
        catch (IOException e)
        {
            // The message is made first: it tells a folder that is gone from a disk that is full.
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

    // In the order in which they were given, which is that of the network.
    private static string? FirstNotFinite(IReadOnlyList<(string Name, Tensor Tensor)> tensors, IReadOnlyList<WrittenTensor> written)
    {
        var bad = written.Where(tensor => !tensor.IsFinite).Select(tensor => tensor.Entry.Name).ToHashSet();
        return bad.Count == 0 ? null : tensors.First(tensor => bad.Contains(tensor.Name)).Name;
    }
}
