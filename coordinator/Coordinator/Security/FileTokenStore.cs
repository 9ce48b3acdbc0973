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
    public void Add(StoredToken token) => PrivateFile.Write(PathOf(token.Hash, TokenEnding), JsonSerializer.Serialize(token));

    /// <inheritdoc/>
    public StoredToken? Find(string hash)
    {
        var path = PathOf(hash, TokenEnding);
        if (!File.Exists(path)) return null;
        var token = JsonSerializer.Deserialize<StoredToken>(File.ReadAllText(path))!;
        var use = PathOf(hash, UseEnding);
        return !File.Exists(use) ? token : UseOf(use) is { } noted ? token with { Used = noted.At, UsedBy = noted.By } : token with { Used = File.GetLastWriteTimeUtc(use), UsedBy = "somebody" };
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
            File.Delete(path); // first, so that it never looks unused
            File.Delete(PathOf(token.Hash, UseEnding));
        }
    }

    private string PathOf(string hash, string ending) => Path.Combine(_folder, hash + ending);

    // Null where the process ended between making the file and writing it, or is just doing so.
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
