using System.Text.Json.Nodes;
using Distributed.Models.Configuration;
using Distributed.Models.DeepSeekV3;
using Distributed.Models.Layers;
using Distributed.Tensors.Kernels;

namespace Distributed.Training.Jobs;

/// <summary>
/// Everything that decides what a run computes: the network, its text, the step, the number of workers, and what is
/// kept. Read from a job file (<see cref="JobFile"/>), sent to workers and stored in checkpoints as JSON.
/// </summary>
public sealed record TrainingJob
{
    private static readonly WordMap<KernelChoice> KernelWords = new(("fused", KernelChoice.Fused), ("plain", KernelChoice.Plain));

    /// <summary>Letters, digits, <c>. _ -</c>; names the run's folder.</summary>
    public required string Name { get; init; }

    /// <summary>Root of every random draw: weights, sample order, generation.</summary>
    public long Seed { get; init; } = 1234;

    /// <summary>How operations are computed.</summary>
    public KernelChoice Kernels { get; init; }

    /// <summary>The network. Where <see cref="VocabularyFromTokenizer"/>, its vocabulary is not settled yet.</summary>
    public required DeepSeekV3Config Model { get; init; }

    /// <summary>Whether the job leaves <c>vocab_size</c> to the tokenizer: see <see cref="WithVocabulary"/>.</summary>
    public bool VocabularyFromTokenizer { get; init; }

    /// <summary>The text.</summary>
    public required DataSection Data { get; init; }

    /// <summary>The step.</summary>
    public required TrainingSection Training { get; init; }

    /// <summary>The workers.</summary>
    public required ParallelSection Parallel { get; init; }

    /// <summary>When held-out text is scored.</summary>
    public required EvaluationSection Evaluation { get; init; }

    /// <summary>What is kept.</summary>
    public required CheckpointSection Checkpoint { get; init; }

    /// <summary>What is done about lost workers.</summary>
    public RecoverySection Recovery { get; init; } = new();

    /// <summary>What is generated at the end.</summary>
    public required SampleSection Sample { get; init; }

    /// <summary>Reads a job's keys.</summary>
    /// <param name="json">The sections; <c>model.config</c> names a file of this machine.</param>
    /// <param name="source">What the job came from, for messages.</param>
    /// <exception cref="ConfigException">Anything is wrong with it; every mistake is listed.</exception>
    public static TrainingJob FromJson(JsonObject json, string source = "job")
    {
        var problems = new List<ConfigProblem>();
        var job = Read(json, problems);
        return problems.Count == 0 ? job : throw new ConfigException(source, problems);
    }

    /// <summary>The job under the same keys, every default written out; <see cref="FromJson"/> reads it back.</summary>
    public JsonObject ToJson()
    {
        var model = ModelKeys.Write(Model);
        if (VocabularyFromTokenizer) model.Remove("vocab_size");
        return new JsonObject
        {
            ["name"] = Name,
            ["seed"] = Seed,
            ["kernels"] = KernelWords.Write(Kernels),
            ["model"] = model,
            ["data"] = Data.Write(),
            ["training"] = Training.Write(),
            ["parallel"] = Parallel.Write(),
            ["evaluation"] = Evaluation.Write(),
            ["checkpoint"] = Checkpoint.Write(),
            ["recovery"] = Recovery.Write(),
            ["sample"] = Sample.Write(),
        };
    }

    /// <summary>The job with everything settled that depends on the tokenizer, and, where its precision is open, on this machine's products.</summary>
    /// <param name="vocabulary">Tokens of the tokenizer.</param>
    /// <exception cref="ConfigException">The job fixes a <c>vocab_size</c> that is too small for the tokenizer.</exception>
    public TrainingJob WithVocabulary(int vocabulary)
    {
        if (!VocabularyFromTokenizer && Model.VocabSize < vocabulary)
        {
            throw new ConfigException(Name, [new ConfigProblem("model.vocab_size", Model.VocabSize.ToString(),
                $"allowed: at least the tokenizer's {vocabulary} tokens; leave the key out to take the tokenizer's number")]);
        }

        return this with
        {
            Model = VocabularyFromTokenizer ? Model with { VocabSize = vocabulary } : Model,
            VocabularyFromTokenizer = false,
            Training = Training with { Precision = Training.Precision.Resolve() },
        };
    }

    internal static TrainingJob Read(JsonObject json, List<ConfigProblem> problems)
    {
        var reader = new ConfigReader(json, "", problems);
        var name = reader.Text("name") ?? "";
        if (name.Length == 0 || name[0] == '.' || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'))
            reader.Refuse("name", "allowed: letters, digits, '.', '_' and '-', since it names a folder");

        var seed = reader.Integer("seed", 1234, 0, uint.MaxValue);
        var kernels = KernelWords.Read(reader, "kernels", KernelChoice.Fused);
        reader.Section("model"); // says so where it is not a section
        var modelKeys = ModelSection.Merge(json["model"], problems);
        var modelReader = new ConfigReader(modelKeys, "model", problems);
        var model = ModelConfigFile.ReadWhole(modelReader);
        var sections = new
        {
            Data = reader.Section("data"),
            Training = reader.Section("training"),
            Parallel = reader.Section("parallel"),
            Evaluation = reader.Section("evaluation"),
            Checkpoint = reader.Section("checkpoint"),
            Recovery = reader.Section("recovery"),
            Sample = reader.Section("sample"),
        };
        var data = DataSection.Read(sections.Data);
        var open = !modelReader.IsGiven("vocab_size");
        var job = new TrainingJob
        {
            Name = name,
            Seed = seed,
            Kernels = kernels,
            Model = open ? model with { VocabSize = data.Vocabulary } : model,
            VocabularyFromTokenizer = open,
            Data = data,
            Training = TrainingSection.Read(sections.Training),
            Parallel = ParallelSection.Read(sections.Parallel),
            Evaluation = EvaluationSection.Read(sections.Evaluation),
            Checkpoint = CheckpointSection.Read(sections.Checkpoint, name),
            Recovery = RecoverySection.Read(sections.Recovery),
            Sample = SampleSection.Read(sections.Sample),
        };
        reader.RefuseUnknown();
        job.CheckTogether(sections.Data, sections.Training, sections.Parallel);
        return job;
    }

    // Keys that are fine alone and do not fit together.
    private void CheckTogether(ConfigReader data, ConfigReader training, ConfigReader parallel)
    {
        var experts = Model.NRoutedExperts;
        if (experts > 0 && Parallel.Grid.ExpertParallel > experts)
            parallel.Refuse(parallel.Has("workers") ? "workers" : "expert_parallel", $"allowed: at most model.n_routed_experts = {experts} for each of parallel.replicas = {Parallel.Replicas}, since every worker holds at least one expert of each layer; more workers need more parallel.replicas");
        var least = (long)Parallel.Workers * Training.Accumulation;
        if (Training.GlobalBatch < least)
            training.Refuse("global_batch", $"allowed: at least parallel.workers x training.accumulation = {least}, one sequence for every worker in each micro-batch");
        if (Training.Overlap && Training.Accumulation < 2)
            training.Refuse("overlap", $"allowed: false, or training.accumulation of at least 2 (it is {Training.Accumulation}), since one micro-batch computes while another's tokens are exchanged");
        if (Training.Recompute is not (Recomputation.None or Recomputation.Layers) && Kernels == KernelChoice.Plain)
            training.Refuse("recompute", "allowed with kernels: plain: none or layers, since only the fused kernels can do without single results");
        if (Training.Recompute.HasFlag(Recomputation.SwiGlu) && Model.NSharedExperts == 0 && Model.FirstKDenseReplace == 0 && Model.MoeLayerFreq == 1)
            training.Refuse("recompute", "swiglu: this network has neither dense layers nor shared experts, and those of routed experts are always recomputed; leave it out");
        if (Training.Recompute.HasFlag(Recomputation.MlaUp) && Model.GroupedQuery is not null)
            training.Refuse("recompute", "mla_up: this network's attention compresses nothing, only latent attention (model_type: deepseek_v3) has up-projections; leave it out");
        if (Training.WarmupSteps > Training.Steps)
            training.Refuse("warmup_steps", $"allowed: at most training.steps = {Training.Steps}");
        if (Data.SequenceLength > Model.MaxPositionEmbeddings)
            data.Refuse("sequence_length", $"allowed: at most model.max_position_embeddings = {Model.MaxPositionEmbeddings}");
        if (Data.SequenceLength <= Model.NumNextnPredictLayers)
            data.Refuse("sequence_length", $"allowed: more than model.num_nextn_predict_layers = {Model.NumNextnPredictLayers}, or the last module has nothing to predict");
    }
}
