using System.Text.Json;
using Distributed.Protocol.Security;

namespace Distributed.Coordinator.Security;

/// <summary>A file for each token, and one more for its use, whose creation is what makes it used.</summary>
public sealed class FileTokenStore : ITokenStore
{
    private const string TokenEnding = ".json", UseEnding = ".used";

    private readonly string _folder;

    /// <summary>Tokens in a folder, its owner's alone; made where there is none.</summary>
    public FileTokenStore(string folder)
    {
        _folder = folder;
        PrivateFile.CreateFolder(folder);
    }

    /// <inheritdoc/>
    public void Add(StoredToken token) => PrivateFile.Write(PathOf(token.Hash, TokenEnding), JsonSerializer.Serialize(token), overwrite: false);

    /// <inheritdoc/>
    public StoredToken? Find(string hash)
    {
        var path = PathOf(hash, TokenEnding);
        if (!File.Exists(path)) return null;
        var token = JsonSerializer.Deserialize<StoredToken>(File.ReadAllText(path))!;
        var use = PathOf(hash, UseEnding);
        if (!File.Exists(use)) return token;
        var noted = JsonSerializer.Deserialize<Use>(File.ReadAllText(use))!;
        return token with { Used = noted.At, UsedBy = noted.By };
    }

    /// <inheritdoc/>
    public bool TryUse(string hash, DateTimeOffset at, string by)
    {
        if (!File.Exists(PathOf(hash, TokenEnding))) return false;
        var use = PathOf(hash, UseEnding);
        try
        {
            PrivateFile.Write(use, JsonSerializer.Serialize(new Use(at, by)), overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(use))
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public void Prune(DateTimeOffset before)
    {
        foreach (var path in Directory.EnumerateFiles(_folder, "*" + TokenEnding))
        {
            if (Find(Path.GetFileNameWithoutExtension(path)) is not { } token || token.Expires >= before) continue;
            File.Delete(path); // first, so that it never looks unused
            File.Delete(PathOf(token.Hash, UseEnding));
        }
    }

    private string PathOf(string hash, string ending) => Path.Combine(_folder, hash + ending);

    private sealed record Use(DateTimeOffset At, string By);
}
