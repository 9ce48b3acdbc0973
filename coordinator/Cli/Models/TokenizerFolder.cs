using Distributed.Checkpoints;
using Distributed.Data.Tokenizers;

namespace Distributed.Cli.Models;

/// <summary>The tokenizer beside a run's checkpoints, so that a run's folder can be moved and still speaks.</summary>
internal static class TokenizerFolder
{
    public const string Name = "tokenizer";

    public static void Save(BpeTokenizer tokenizer, string checkpoints) => tokenizer.Save(Path.Combine(checkpoints, Name));

    public static BpeTokenizer Load(Checkpoint checkpoint) =>
        BpeTokenizer.Load(Path.Combine(Path.GetDirectoryName(checkpoint.Folder)!, Name));
}
