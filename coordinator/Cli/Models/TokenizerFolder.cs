using Distributed.Checkpoints;
using Distributed.Data.Tokenizers;

namespace Distributed.Cli.Models;

/// <summary>The tokenizer beside a run's checkpoints, so that a run's folder can be moved and still speaks.</summary>
internal static class TokenizerFolder
{
    public const string Name = "tokenizer";

    public static void Save(BpeTokenizer tokenizer, string checkpoints) => SaveTo(tokenizer, Path.Combine(checkpoints, Name), "checkpoint.directory");

    /// <exception cref="UserErrorException">The folder that <paramref name="option"/> names cannot be written to.</exception>
    public static void SaveTo(BpeTokenizer tokenizer, string folder, string option) =>
        Guard(folder, option, () => tokenizer.Save(folder));

    /// <summary>Makes the folder, where it is not there.</summary>
    /// <exception cref="UserErrorException">It cannot be made.</exception>
    public static void Make(string folder, string option) => Guard(folder, option, () => Directory.CreateDirectory(folder));

    public static BpeTokenizer Load(Checkpoint checkpoint) =>
        BpeTokenizer.Load(Path.Combine(Path.GetDirectoryName(checkpoint.Folder)!, Name));

    private static void Guard(string folder, string option, Action write)
    {
        try
        {
            write();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"{option}: {folder} cannot be written: {error.Message} Choose a folder that this user may make and write to.");
        }
    }
}
