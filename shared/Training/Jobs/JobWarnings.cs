using System.Globalization;
using Distributed.Data.Examples.Records;
using Distributed.Tensors.Kernels;

namespace Distributed.Training.Jobs;

/// <summary>Finds keys of a valid job that have no effect, and settings with which a part of the network cannot learn.</summary>
/// <param name="job">The job.</param>
/// <param name="given">Full paths of the keys that the user has set.</param>
internal sealed class JobWarnings(TrainingJob job, IReadOnlySet<string> given)
{
    private readonly List<JobWarning> _found = [];

    /// <summary>Returns all warnings of a job.</summary>
    public static IReadOnlyList<JobWarning> Of(TrainingJob job, IReadOnlySet<string> given)
    {
        var warnings = new JobWarnings(job, given);
        warnings.CheckSchedule();
        if (job.Model.MoeLayers.Any()) warnings.CheckRouter();
        else warnings.CheckNoExperts();
        warnings.CheckNetwork();
        warnings.CheckTraining();
        warnings.CheckData();
        warnings.CheckObjective();
        warnings.CheckRun();
        return warnings._found;
    }

    // The learning rate depends only on the step, so its maximum is known before the run.
    private void CheckSchedule()
    {
        var training = job.Training;
        if (training.LearningRate == 0)
        {
            Warn("the learning rate is 0 at every step: the network does not learn", "training.learning_rate");
            return;
        }

        var rate = LearningRates.Highest(NetworkFactory.Schedule(training), training.Steps, training.WarmupSteps);
        var highest = rate / training.LearningRate;
        if (highest >= LearningRates.PeakShare) return;
        string[] keys = ["training.schedule", "training.steps", "training.warmup_steps"];
        if (training.Schedule == ScheduleKind.Cosine) keys = [.. keys, "training.min_ratio"];
        var run = $"with {training.Steps} step{(training.Steps == 1 ? "" : "s")} and a warm-up of {training.WarmupSteps}";
        Warn(
            highest <= 0
                ? $"no step has a learning rate above 0 {run}: the network does not learn"
                : string.Create(CultureInfo.InvariantCulture,
                    $"the rate never reaches its peak {run}: the highest is {highest:0.###} of it"),
            keys);
    }

    private void CheckRouter()
    {
        var (model, training) = (job.Model, job.Training);
        var choosesAll = model.NumExpertsPerTok == model.NRoutedExperts;
        var hasLoss = (training.BalanceLoss > 0 && !choosesAll) || training.ZLoss > 0;
        if (model.RoutedScalingFactor == 0)
        {
            Warn(
                "the routed experts' outputs are multiplied by 0: neither they nor their router learn from the text",
                "model.routed_scaling_factor");
        }
        else if (model is { NumExpertsPerTok: 1, NormTopkProb: true } && !hasLoss)
        {
            Warn(
                "the router gets no gradient: the weight of a token's only expert is normalised to 1, and no loss is on its scores. "
                    + "Set norm_topk_prob: false, more experts per token, or a balance loss",
                "model.num_experts_per_tok", "model.norm_topk_prob", "training.balance_loss");
        }

        if (choosesAll)
        {
            Unused(
                $"every token is routed to all {model.NRoutedExperts} experts",
                On(training.BalanceLoss, "training.balance_loss"), On(training.BiasUpdateSpeed, "training.bias_update_speed"));
        }

        if (model.NGroup > 1 && model.TopkGroup == model.NGroup)
            Unused($"the router selects experts from all {model.NGroup} groups", "model.n_group", "model.topk_group");
    }

    private void CheckNoExperts()
    {
        var (model, training) = (job.Model, job.Training);
        Unused(
            "the network has no layers with routed experts",
            "model.moe_intermediate_size", "model.num_experts_per_tok", "model.n_group", "model.topk_group",
            "model.routed_scaling_factor", "model.norm_topk_prob", On(model.NSharedExperts, "model.n_shared_experts"),
            On(training.BalanceLoss, "training.balance_loss"), On(training.ZLoss, "training.z_loss"),
            On(training.BiasUpdateSpeed, "training.bias_update_speed"));
        if (model.NRoutedExperts == 0)
            Unused("model.n_routed_experts is 0: all layers are dense", "model.first_k_dense_replace", "model.moe_layer_freq");
        else
            Unused($"all layers are dense: model.first_k_dense_replace = {model.FirstKDenseReplace}", "model.n_routed_experts");
    }

    private void CheckNetwork()
    {
        var (model, lossWeight) = (job.Model, job.Training.MtpLossWeight);
        if (model.MoeLayers.Count() == model.NumHiddenLayers + model.NumNextnPredictLayers)
            Unused("the network has no dense layers", "model.intermediate_size");
        if (model.NumNextnPredictLayers == 0)
            Unused("model.num_nextn_predict_layers is 0", On(lossWeight, "training.mtp_loss_weight"));
        else if (lossWeight == 0 && !job.Objective.HasExamples)
            Warn("the multi-token prediction modules get no gradient", "model.num_nextn_predict_layers", "training.mtp_loss_weight");
    }

    private void CheckTraining()
    {
        var training = job.Training;
        if (training.Optimizer != OptimizerKind.Muon)
            Unused("training.optimizer is adamw, which uses only learning_rate", "training.muon_learning_rate");
        if (training.Schedule != ScheduleKind.Cosine)
            Unused($"training.schedule is {training.ScheduleWord}; only cosine uses min_ratio", "training.min_ratio");
        if (job.Parallel.Grid.ExpertParallel == 1)
            Unused("one worker holds all experts, and nothing is exchanged", On(training.Overlap, "training.overlap"));
        if (job.Parallel.Workers == 1)
            Unused("there is one worker", "parallel.link_latency_us", "parallel.link_gb_s");
    }

    private void CheckData()
    {
        var (data, evaluation) = (job.Data, job.Evaluation);
        if (data.Tokenizer is not null && !job.Objective.HasExamples)
            Unused("data.tokenizer names a tokenizer, so no tokenizer is trained", "data.vocabulary");
        if (data.Evaluation.Count > 0 && !job.Objective.HasExamples)
        {
            Unused("data.evaluation names the held-out text, so no part of the corpus is held out", "data.evaluation_fraction");
        }
        else if (data.EvaluationFraction == 0 && !job.Objective.HasExamples)
        {
            Unused(
                "no text is held out: data.evaluation_fraction is 0",
                On(evaluation.Every, "evaluation.every"), On(evaluation.AtEnd, "evaluation.at_end"),
                On(evaluation.MaxSequences, "evaluation.max_sequences"));
        }

        if (evaluation is { Every: 0, AtEnd: false })
        {
            Unused(
                "evaluation.every is 0 and evaluation.at_end is false: nothing is scored",
                On(evaluation.MaxSequences, "evaluation.max_sequences"));
        }
    }

    private void CheckObjective()
    {
        var (objective, data) = (job.Objective, job.Data);
        if (objective.HasExamples)
        {
            Unused($"objective.kind is {objective.KindWord}, which is trained on data.examples",
                "data.corpus", "data.evaluation_fraction", "data.document_boundaries", "data.vocabulary");
            if (objective.HasPairs)
                Unused($"objective.kind is {objective.KindWord}, which reads preferences", "data.format", "data.last_turn_only");
            else if (data.Format == ExampleKind.Completions) Unused("only chats have turns", "data.last_turn_only");
        }
        else
        {
            Unused("objective.kind is pretraining, which is trained on a text",
                "data.format", "data.too_long", "data.last_turn_only", "data.packing");
        }

        foreach (var (kind, keys) in ObjectiveKeys.Where(pair => pair.Kind != objective.Kind))
            Unused($"objective.kind is {objective.KindWord}", [.. keys.Select(key => $"objective.{key}")]);
        if (objective.Kind == ObjectiveKind.Distillation && objective.Divergence != DivergenceKind.JensenShannon)
            Unused("only objective.divergence: jensen_shannon has a mixture", "objective.mixture");
    }

    private static readonly (ObjectiveKind Kind, string[] Keys)[] ObjectiveKeys =
    [
        (ObjectiveKind.Dpo, ["loss", "beta", "label_smoothing", "reference"]),
        (ObjectiveKind.RewardModel, ["margin", "centring"]),
        (ObjectiveKind.Distillation, ["teacher", "divergence", "temperature", "mixture", "hard_weight"]),
    ];

    private void CheckRun()
    {
        if (job.Checkpoint.Every == 0)
            Unused("checkpoint.every is 0: checkpoints are saved at the end only", On(job.Checkpoint.KeepEvery, "checkpoint.keep_every"));
        if (job.Recovery.Every > 0)
            Unused("recovery.every sets the number of steps between recovery points", "recovery.share");
        if (job.Sample.Tokens == 0)
            Unused("sample.tokens is 0: nothing is generated", "sample.prompt", "sample.temperature", "sample.top_p");
        else if (job.Sample.Temperature == 0)
            Unused("sample.temperature is 0, which always selects the likeliest token", "sample.top_p");
    }

    private void Unused(string because, params string?[] keys)
    {
        string[] set = [.. keys.OfType<string>().Where(given.Contains)];
        if (set.Length > 0) _found.Add(new JobWarning(set, $"{(set.Length == 1 ? "does" : "do")} nothing: {because}"));
    }

    private void Warn(string text, params string[] keys) => _found.Add(new JobWarning(keys, text));

    private static string? On(bool isOn, string key) => isOn ? key : null;

    private static string? On(double value, string key) => On(value != 0, key);
}
