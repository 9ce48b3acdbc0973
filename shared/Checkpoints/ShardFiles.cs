using System.Collections.Concurrent;
using Distributed.Checkpoints.Stores;
using Distributed.Tensors.Files;
using Distributed.Tensors.Safetensors;

namespace Distributed.Checkpoints;

/// <summary>The safetensors files of one folder, each opened at its first use. Thread-safe.</summary>
internal sealed class ShardFiles(StoredFolder folder) : IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<SafetensorsFile>> _open = new();

    /// <summary>The file that holds an entry's tensor, after a check that its header agrees with the entry.</summary>
    /// <exception cref="CheckpointException">The file is missing or damaged, or its header differs from the entry.</exception>
    public SafetensorsFile FileOf(ManifestEntry entry)
    {
        try
        {
            var file = Open(entry.File);
            return (MetadataProblem(file) ?? Disagreement(entry, file)) is { } problem ? throw Damaged(problem, null) : file;
        }
        catch (SafetensorsException e)
        {
            throw Damaged(e.Message, e);
        }
    }

    /// <summary>The differences between the files' headers and the manifest, one line each.</summary>
    public List<string> HeaderProblems(CheckpointManifest manifest)
    {
        var problems = new List<string>();
        foreach (var group in manifest.Tensors.GroupBy(t => t.File))
        {
            try
            {
                var file = Open(group.Key);
                if (MetadataProblem(file) is { } problem) problems.Add(problem);
                var named = group.Select(t => t.Name).ToHashSet();
                problems.AddRange(group.Select(entry => Disagreement(entry, file)).OfType<string>());
                problems.AddRange(file.Tensors.Keys.Where(name => !named.Contains(name))
                    .Select(name => $"{file.Path}: tensor {SafetensorsException.Quote(name)}: the manifest does not name it"));
            }
            catch (SafetensorsException e)
            {
                problems.Add(e.Message);
            }
        }

        return problems;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in _open.Values)
        {
            // A Lazy whose creation failed has no file to close.
            if (file.IsValueCreated) file.Value.Dispose();
        }
    }

    private CheckpointException Damaged(string problem, Exception? cause) =>
        new($"{problem.TrimEnd('.')}. {CheckpointLocation.Choices(folder.Store)}", cause);

    private SafetensorsFile Open(string name) =>
        _open.GetOrAdd(name, n => new Lazy<SafetensorsFile>(() => SafetensorsFile.Open(OpenFile(n)))).Value;

    private IReadableFile OpenFile(string name)
    {
        try
        {
            return folder.Store.Open(folder.Name, name);
        }
        catch (IOException e)
        {
            throw SafetensorsFile.CannotOpen(folder.PathOf(name), e);
        }
    }

    /// <summary>Checks the header's metadata, which is the same in every file and is not in the manifest.</summary>
    private static string? MetadataProblem(SafetensorsFile file) =>
        file.Metadata.Count == CheckpointShardWriter.Metadata.Count && !file.Metadata.Except(CheckpointShardWriter.Metadata).Any()
            ? null
            : $"{file.Path}: its metadata is not what every save writes, so its header is damaged";

    private static string? Disagreement(ManifestEntry entry, SafetensorsFile file)
    {
        if (!file.Tensors.TryGetValue(entry.Name, out var found))
            return $"{file.Path}: tensor {SafetensorsException.Quote(entry.Name)}: "
                + "the manifest places it here, the file has no such tensor";
        return found.Dtype.Name == entry.Dtype && found.Shape.SequenceEqual(entry.Shape) && found.Offset == entry.Offset
            && found.Length == entry.Length
            ? null
            : $"{file.Path}: tensor {SafetensorsException.Quote(entry.Name)}: {found.Describe()} at bytes {found.Offset} to {found.End}, "
              + $"the manifest has {entry.Dtype} {TensorEntry.Describe(entry.Shape)} at {entry.Offset} to {entry.Offset + entry.Length}";
    }
}
