namespace Distributed.Checkpoints;

/// <summary>The contents of a committed folder: the run's state, and the location and hash of every tensor.</summary>
public sealed class CheckpointManifest
{
    private readonly Dictionary<(TensorKind, string), ManifestEntry> _byName;

    public CheckpointState State { get; }

    /// <summary>The tensors, sorted by kind, then by ordinal name.</summary>
    public IReadOnlyList<ManifestEntry> Tensors { get; }

    /// <summary>Combines the tensors of all ranks.</summary>
    /// <exception cref="CheckpointException">Two ranks wrote the same tensor, or the state has invalid numbers.</exception>
    public CheckpointManifest(CheckpointState state, IEnumerable<ManifestEntry> tensors)
    {
        State = state;
        CheckState(state);
        Tensors = [.. tensors.OrderBy(t => t.Kind).ThenBy(t => t.Name, StringComparer.Ordinal)];
        _byName = new(Tensors.Count);
        var duplicates = new List<string>();
        foreach (var entry in Tensors)
        {
            if (!_byName.TryAdd((entry.Kind, entry.Name), entry))
                duplicates.Add($"{entry.Kind.ToText()} {entry.Name}: in {_byName[(entry.Kind, entry.Name)].File} and in {entry.File}");
        }

        if (duplicates.Count > 0)
        {
            throw new CheckpointException(ProblemList.Format(
                $"Step {state.Step}: every tensor must be saved by exactly one rank, {duplicates.Count} are saved more than once",
                duplicates));
        }
    }

    /// <summary>The entry of a tensor; null if there is none.</summary>
    public ManifestEntry? Find(TensorKind kind, string name) => _byName.GetValueOrDefault((kind, name));

    private static void CheckState(CheckpointState state)
    {
        var wrong = new List<string>();
        if (state.Step < 0) wrong.Add($"step {state.Step} is negative");
        if (state.SampleCursor < 0) wrong.Add($"sample_cursor {state.SampleCursor} is negative");
        if (state.TokensSeen < 0) wrong.Add($"tokens_seen {state.TokensSeen} is negative");
        if (state.World is not { WorldSize: > 0, ExpertParallel: > 0, Replicas: > 0, PipelineStages: > 0 })
            wrong.Add($"world {state.World} must have positive sizes");
        if (wrong.Count > 0) throw new CheckpointException(ProblemList.Format("The checkpoint's state is invalid", wrong));
    }
}
