using Distributed.Checkpoints;
using Distributed.Data.Tokenizers;

namespace Distributed.Training.SavedState;

/// <summary>Compares the tokenizer of a run with that of another run whose network it uses.</summary>
public static class TokenizerMatch
{
    /// <summary>Name of the folder beside a run's checkpoints that holds its tokenizer.</summary>
    public const string FolderName = "tokenizer";

    /// <summary>
    /// Requires that a checkpoint's network was trained with a tokenizer. A checkpoint without a tokenizer beside it passes.
    /// </summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="tokenizer">The tokenizer of the run.</param>
    /// <param name="key">The job key that names the checkpoint.</param>
    /// <exception cref="TrainingException">The tokenizers differ, so that equal ids stand for different text.</exception>
    public static void Require(Checkpoint checkpoint, BpeTokenizer tokenizer, string key)
    {
        var folder = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(checkpoint.Folder))!, FolderName);
        if (!Directory.Exists(folder)) return;
        var other = BpeTokenizer.Load(folder);
        if (other.ContentHash == tokenizer.ContentHash) return;
        var path = Path.Combine(folder, BpeTokenizer.FileName);
        throw new TrainingException(
            $"{key} = {checkpoint.Folder}: its tokenizer of {other.VocabularySize} tokens differs from data.tokenizer of "
            + $"{tokenizer.VocabularySize}. Set data.tokenizer: {path}, or name a checkpoint that was trained with this job's tokenizer.");
    }
}
