using System.Text.Json.Nodes;
using Distributed.Checkpoints.Stores;
using Distributed.Tensors.Safetensors;
using static TorchSharp.torch;

namespace Distributed.Checkpoints;

/// <summary>
/// A committed checkpoint, open for reading. Names are global, so any layout can load it: each rank reads the
/// tensors it needs, from whichever file, and what is read is checked against its hash. Safe for several threads.
/// </summary>
public sealed partial class Checkpoint : IDisposable
{
    private readonly ShardFiles _files;
    private readonly StoredFolder _folder;

    /// <summary>The step's folder, as messages call it: an absolute path.</summary>
    public string Folder => _folder.Path;

    public CheckpointManifest Manifest { get; }

    public CheckpointState State => Manifest.State;

    private Checkpoint(StoredFolder folder, CheckpointManifest manifest)
    {
        _folder = folder;
        Manifest = manifest;
        _files = new ShardFiles(folder);
    }

    /// <summary>Opens a step's folder, or the one that <c>latest</c> names below a root.</summary>
    /// <exception cref="CheckpointException">There is none, it was never committed, its manifest is damaged or that of another step.</exception>
    public static Checkpoint Open(string pathOrRoot) => Open(CheckpointLocation.Resolve(pathOrRoot));

    /// <summary>Opens a step's folder.</summary>
    /// <exception cref="CheckpointException">There is none, its manifest is damaged or that of another step.</exception>
    public static Checkpoint Open(StoredFolder folder)
    {
        var manifest = ManifestFile.Read(folder);
        // A folder may be copied to any name, but not to that of another step.
        if (CheckpointLayout.StepOf(folder.Name) is { } step && step != manifest.State.Step)
            throw new CheckpointException($"{folder.PathOf(CheckpointLayout.ManifestFile)}: is of step {manifest.State.Step}, its folder is that of step {step}: they were exchanged or renamed. {CheckpointLocation.Choices(folder.Store)}");
        return new Checkpoint(folder, manifest);
    }

    /// <summary>The entry of a tensor.</summary>
    /// <exception cref="CheckpointException">The checkpoint has no such tensor.</exception>
    public ManifestEntry Find(TensorKind kind, string name) => Manifest.Find(kind, name)
        ?? throw new CheckpointException($"{Folder}: has no {kind.ToText()} tensor {SafetensorsException.Quote(name)} among its {Manifest.Tensors.Count(t => t.Kind == kind)}; it was saved by another model or with another optimizer.");

    /// <summary>Reads a tensor into memory of its own, on the CPU, and checks its hash.</summary>
    /// <exception cref="CheckpointException">No such tensor, a file that is missing or damaged, or bytes with another hash.</exception>
    public Tensor Read(TensorKind kind, string name)
    {
        var entry = Find(kind, name);
        return Checked(entry, (file, hash) => file.ReadTensor(name, hash), tensor => tensor.Dispose());
    }

    /// <summary>Reads a tensor over an existing one of the same dtype and shape, and checks its hash.</summary>
    /// <exception cref="CheckpointException">
    /// As <see cref="Read"/>, and when dtype or shape differ (the destination is then unchanged). After any other failure its
    /// contents are undefined.
    /// </exception>
    public void ReadInto(TensorKind kind, string name, Tensor destination)
    {
        var entry = Find(kind, name);
        Checked(
            entry,
            (file, hash) =>
            {
                file.ReadInto(name, destination, hash);
                return destination;
            },
            _ => { });
    }

    /// <summary>Refuses to load this checkpoint into a model that it was not saved from.</summary>
    /// <param name="expected">What the model needs, no more and no less of the kinds it names.</param>
    /// <param name="model">The model's configuration; where given, its keys are compared too.</param>
    /// <exception cref="CheckpointException">Names the differing keys and tensors: counted, the first ten shown.</exception>
    public void RequireMatches(IReadOnlyCollection<ExpectedTensor> expected, JsonObject? model = null)
    {
        var differences = model is null ? [] : ModelDifferences(State.Model, model);
        differences.AddRange(ExpectedTensor.Differences(Manifest, expected));
        if (differences.Count > 0)
            throw new CheckpointException(ProblemList.Format($"{Folder}: is a checkpoint of another model than this job's ({differences.Count} differences). Use the configuration it was saved with, or another folder for checkpoints", differences));
    }

    /// <inheritdoc/>
    public void Dispose() => _files.Dispose();

    private Tensor Checked(ManifestEntry entry, Func<SafetensorsFile, TensorHash, Tensor> read, Action<Tensor> giveUp)
    {
        var file = _files.FileOf(entry);
        using var hash = TensorHash.Like(entry.Hash);
        Tensor tensor;
        try
        {
            tensor = read(file, hash);
        }
        catch (SafetensorsException e)
        {
            throw new CheckpointException(e.Message, e);
        }

        var found = hash.Finish();
        if (found == entry.Hash) return tensor;
        giveUp(tensor);
        throw new CheckpointException($"{HashProblem(file, entry, found)}. {CheckpointLocation.Choices(_folder.Store)}");
    }

    private static string HashProblem(SafetensorsFile file, ManifestEntry entry, string found) =>
        $"{file.Path}: tensor {SafetensorsException.Quote(entry.Name)}: its data has changed since it was saved: its hash is {found}, the manifest says {entry.Hash}";

    private static List<string> ModelDifferences(JsonObject saved, JsonObject wanted) =>
    [
        .. saved.Select(p => p.Key).Union(wanted.Select(p => p.Key))
            .Where(key => !JsonNode.DeepEquals(saved[key], wanted[key]))
            .Select(key => $"{key}: {Text(saved, key)} in the checkpoint, {Text(wanted, key)} in this job"),
    ];

    private static string Text(JsonObject model, string key) =>
        model.TryGetPropertyValue(key, out var value) ? value?.ToJsonString() ?? "null" : "absent";
}
