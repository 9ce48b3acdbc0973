using System.Text.Json.Nodes;

namespace Distributed.Checkpoints;

/// <summary>Everything besides the tensors that a run needs to continue bit for bit.</summary>
public sealed record CheckpointState
{
    /// <summary>Name of the job that saved it.</summary>
    public required string Job { get; init; }

    /// <summary>
    /// Identity of the run that saved it, kept by every resume; null if the manifest has none (versions 1 to 3). All manifests without an
    /// identity count as one run.
    /// </summary>
    public string? Run { get; init; }

    /// <summary>The model's configuration under its Hugging Face keys.</summary>
    public required JsonObject Model { get; init; }

    /// <summary>Optimizer steps done, at least 0; equals the folder's number.</summary>
    public required long Step { get; init; }

    /// <summary>Global position of the next sample: the order of samples is a function of (seed, position).</summary>
    public required long SampleCursor { get; init; }

    /// <summary>Tokens trained on so far.</summary>
    public required long TokensSeen { get; init; }

    /// <summary>Seed of the run.</summary>
    public required long Seed { get; init; }

    /// <summary>State of the learning rate schedule, as its owner wrote it.</summary>
    public JsonObject Schedule { get; init; } = [];

    /// <summary>
    /// The inputs that the tensors were computed from, such as tokenizer and corpus, each with the hash or id of its content.
    /// </summary>
    public IReadOnlyDictionary<string, string> Content { get; init; } = new Dictionary<string, string>();

    /// <summary>The layout that the tensors were saved under. A resume under another layout is allowed, but not bit-identical.</summary>
    public required WorldLayout World { get; init; }

    /// <summary>Free-form state, such as the states of random generators.</summary>
    public JsonObject Extra { get; init; } = [];
}

/// <summary>The layout that a checkpoint was saved under.</summary>
/// <param name="WorldSize">Total number of ranks.</param>
/// <param name="ExpertParallel">Number of ranks that share one copy of the experts.</param>
/// <param name="Replicas">Number of copies of the experts.</param>
/// <param name="PipelineStages">Number of pipeline stages. Names of tensors are global, so any number of stages can load them.</param>
public sealed record WorldLayout(int WorldSize, int ExpertParallel, int Replicas, int PipelineStages = 1);
