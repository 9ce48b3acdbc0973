using System.Text.Json.Nodes;

namespace Distributed.Checkpoints;

/// <summary>Everything a run needs besides its tensors to continue bit for bit.</summary>
public sealed record CheckpointState
{
    /// <summary>Name of the job that saved it.</summary>
    public required string Job { get; init; }

    /// <summary>Identity of the run that saved it, kept by every resume; null where the manifest has none (versions 1 to 3). All such are one run.</summary>
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

    /// <summary>State of the learning rate's schedule, as its owner wrote it.</summary>
    public JsonObject Schedule { get; init; } = [];

    /// <summary>What the tensors were computed from: tokenizer, corpus and so on, each with the hash or id of its content.</summary>
    public IReadOnlyDictionary<string, string> Content { get; init; } = new Dictionary<string, string>();

    /// <summary>Who held the tensors. A resume under another layout is allowed, but not bit-identical.</summary>
    public required WorldLayout World { get; init; }

    /// <summary>Free-form: generator states and whatever else its owner wants back.</summary>
    public JsonObject Extra { get; init; } = [];
}

/// <summary>The layout a checkpoint was saved under.</summary>
/// <param name="WorldSize">Ranks in all.</param>
/// <param name="ExpertParallel">Ranks among which one copy of the experts is divided.</param>
/// <param name="Replicas">Copies of that group.</param>
/// <param name="PipelineStages">Stages among which the layers are divided; names of tensors are global, so any other number can load them.</param>
public sealed record WorldLayout(int WorldSize, int ExpertParallel, int Replicas, int PipelineStages = 1);
