using System.Text.Json.Nodes;
using Distributed.Checkpoints.Stores;
using Distributed.Tensors.Safetensors;
using static TorchSharp.torch;

namespace Distributed.Checkpoints;

/// <summary>
/// A committed checkpoint, open for reading. Tensor names are global, so any layout can load it: each rank reads the tensors that it needs,
/// from any file, and every tensor is checked against its hash. Thread-safe.
/// </summary>
public sealed partial class Checkpoint : IDisposable
{
    private readonly ShardFiles _files;
    private readonly StoredFolder _folder;

    /// <summary>The absolute path of the step's folder.</summary>
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
    /// <param name="pathOrRoot">Path of a step's folder or of the root of a job's checkpoints.</param>
    /// <exception cref="CheckpointException">
    /// The checkpoint does not exist, was never committed, or its manifest is damaged or belongs to another step.
    /// </exception>
    public static Checkpoint Open(string pathOrRoot) => Open(CheckpointLocation.Resolve(pathOrRoot));

    /// <summary>Opens a step's folder.</summary>
    /// <exception cref="CheckpointException">The folder does not exist, or its manifest is damaged or belongs to another step.</exception>
    public static Checkpoint Open(StoredFolder folder)
    {
        var manifest = ManifestFile.Read(folder);
        // A folder may be copied to any name except that of another step.
        if (CheckpointLayout.StepOf(folder.Name) is { } step && step != manifest.State.Step)
        {
            throw new CheckpointException(
                $"{folder.PathOf(CheckpointLayout.ManifestFile)}: is of step {manifest.State.Step}, but its folder is named for step "
                    + $"{step}: "
                + $"the folder was renamed or the manifest was replaced. {CheckpointLocation.Choices(folder.Store)}");
        }

        return new Checkpoint(folder, manifest);
    }

    /// <summary>The entry of a tensor.</summary>
    /// <exception cref="CheckpointException">The checkpoint has no such tensor.</exception>
    public ManifestEntry Find(TensorKind kind, string name)
    {
        if (Manifest.Find(kind, name) is { } entry) return entry;
        var count = Manifest.Tensors.Count(tensor => tensor.Kind == kind);
        throw new CheckpointException(
            $"{Folder}: has no {kind.ToText()} tensor {SafetensorsException.Quote(name)} among its {count}: "
            + "it was saved from another model or with another optimizer.");
    }

    /// <summary>Reads a tensor into new memory on the CPU, and checks its hash.</summary>
    /// <exception cref="CheckpointException">The tensor or its file does not exist, the file is damaged, or the hash differs.</exception>
    public Tensor Read(TensorKind kind, string name)
    {
        var entry = Find(kind, name);
        return Checked(entry, (file, hash) => file.ReadTensor(name, hash), tensor => tensor.Dispose());
    }

    /// <summary>Reads a tensor into an existing one of the same dtype and shape, and checks its hash.</summary>
    /// <exception cref="CheckpointException">
    /// As for <see cref="Read"/>; or dtype or shape differ, and the destination is unchanged. After any other failure the contents of the
    /// destination are undefined.
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

    /// <summary>Checks that this checkpoint was saved from the given model.</summary>
    /// <param name="expected">
    /// The tensors that the model needs. For each kind in this list, the checkpoint must hold exactly these tensors.
    /// </param>
    /// <param name="model">The model's configuration, whose keys are compared too; null compares no keys.</param>
    /// <exception cref="CheckpointException">Keys or tensors differ; the message counts them and shows the first ten.</exception>
    public void RequireMatches(IReadOnlyCollection<ExpectedTensor> expected, JsonObject? model = null)
    {
        var differences = model is null ? [] : ModelDifferences(State.Model, model);
        differences.AddRange(ExpectedTensor.Differences(Manifest, expected));
        if (differences.Count > 0)
        {
            throw new CheckpointException(ProblemList.Format(
                $"{Folder}: is a checkpoint of another model than this job's ({differences.Count} differences). "
                + "Use the configuration it was saved with, or another folder for checkpoints",
                differences));
        }
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
        $"{file.Path}: tensor {SafetensorsException.Quote(entry.Name)}: its data has changed since it was saved: "
        + $"its hash is {found}, the manifest has {entry.Hash}";

    private static List<string> ModelDifferences(JsonObject saved, JsonObject wanted) =>
    [
        .. saved.Select(p => p.Key).Union(wanted.Select(p => p.Key))
            .Where(key => !JsonNode.DeepEquals(saved[key], wanted[key]))
            .Select(key => $"{key}: {Text(saved, key)} in the checkpoint, {Text(wanted, key)} in this job"),
    ];

    private static string Text(JsonObject model, string key) =>
        model.TryGetPropertyValue(key, out var value) ? value?.ToJsonString() ?? "null" : "absent";
}
