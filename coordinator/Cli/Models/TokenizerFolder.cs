using Distributed.Checkpoints;
using Distributed.Data.Tokenizers;
using Distributed.Training.SavedState;

namespace Distributed.Cli.Models;

/// <summary>Stores the tokenizer beside a run's checkpoints, so that a run's folder can be moved as a whole.</summary>
internal static class TokenizerFolder
{
    public const string Name = OtherNetwork.TokenizerFolder;

    public static void Save(BpeTokenizer tokenizer, string checkpoints) =>
        SaveTo(tokenizer, Path.Combine(checkpoints, Name), "checkpoint.directory");

    /// <exception cref="UserErrorException">The folder that <paramref name="option"/> names cannot be written to.</exception>
    public static void SaveTo(BpeTokenizer tokenizer, string folder, string option) =>
        Guard(folder, option, () => tokenizer.Save(folder));

    /// <summary>Creates the folder if it is missing.</summary>
    /// <exception cref="UserErrorException">The folder cannot be created.</exception>
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
            throw new UserErrorException(
                $"{option}: {folder} cannot be written: {error.Message} Choose a folder that this user can create and write to.");
        }
    }
}
