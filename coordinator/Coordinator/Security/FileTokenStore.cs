using System.Text.Json;
using Distributed.Protocol.Security;

namespace Distributed.Coordinator.Security;

/// <summary>Stores each token in a file. A second file marks the token as used; its creation is the atomic step.</summary>
public sealed class FileTokenStore : ITokenStore
{
    private const string TokenEnding = ".json", UseEnding = ".used";

    private readonly string _folder;

    /// <summary>Opens the tokens of a folder that is accessible only to its owner. Creates the folder if it is missing.</summary>
    public FileTokenStore(string folder)
    {
        _folder = folder;
        PrivateFile.CreateFolder(folder);
    }

    /// <inheritdoc/>
    public void Add(StoredToken token) => PrivateFile.Write(PathOf(token.Hash, TokenEnding), JsonSerializer.Serialize(token));

    /// <inheritdoc/>
    public StoredToken? Find(string hash)
    {
        var path = PathOf(hash, TokenEnding);
        if (!File.Exists(path)) return null;
        var token = JsonSerializer.Deserialize<StoredToken>(File.ReadAllText(path))!;
        var use = PathOf(hash, UseEnding);
        if (!File.Exists(use)) return token;
        return UseOf(use) is { } noted
            ? token with { Used = noted.At, UsedBy = noted.By }
            : token with { Used = File.GetLastWriteTimeUtc(use), UsedBy = "an unknown caller" };
    }

    /// <inheritdoc/>
    public bool TryUse(string hash, DateTimeOffset at, string by) =>
        File.Exists(PathOf(hash, TokenEnding)) && PrivateFile.TryCreate(PathOf(hash, UseEnding), JsonSerializer.Serialize(new Use(at, by)));

    /// <inheritdoc/>
    public void Prune(DateTimeOffset before)
    {
        foreach (var path in Directory.EnumerateFiles(_folder, "*" + TokenEnding))
        {
            if (Find(Path.GetFileNameWithoutExtension(path)) is not { } token || token.Expires >= before) continue;
            File.Delete(path); // before the mark of its use, so that the token is never seen as unused
            File.Delete(PathOf(token.Hash, UseEnding));
        }
    }

    private string PathOf(string hash, string ending) => Path.Combine(_folder, hash + ending);

    // Null if a process is writing the file, or was killed between creating and writing it.
    private static Use? UseOf(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<Use>(File.ReadAllText(path));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private sealed record Use(DateTimeOffset At, string By);
}
