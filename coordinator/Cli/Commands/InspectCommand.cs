using Distributed.Models.Families;
using System.CommandLine;
using System.Text.Json.Nodes;
using Distributed.Checkpoints;
using Distributed.Checkpoints.Inspection;
using Distributed.Cli.Models;
using Distributed.Cli.Output;
using Distributed.Configuration;
using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Reports;
using Distributed.Models;
using Distributed.Models.Accounting;
using Distributed.Planning;
using Distributed.Planning.Placement;
using Distributed.Training.Jobs;
using Spectre.Console;

namespace Distributed.Cli.Commands;

/// <summary><c>inspect</c>: shows the contents of a model configuration, a job or a checkpoint.</summary>
internal static class InspectCommand
{
    public static Command Create(CommandOutput streams)
    {
        var what = new Argument<string>("what") { Description = "A config.json, a job file, or the folder of a run or checkpoint." }
            .RefusingOptions();
        var (set, json) = (CommonOptions.Set(), CommonOptions.Json());
        var command = new VerbCommand("inspect",
            "Shows a model's parameters by part, a job's plan, or the contents of a checkpoint, with every hash verified.",
            "inspect runs/tiny", isReport: true) { what, set, json };
        command.SetAction((parsed, cancellation) => CommandLine.GuardAsync(streams, parsed.GetValue(json), () =>
            Task.FromResult(Inspect(streams, parsed.GetValue(what)!, parsed.GetValue(set)!, parsed.GetValue(json), cancellation))));
        return command;
    }

    private static int Inspect(CommandOutput streams, string path, string[] set, bool json, CancellationToken cancellation)
    {
        if (FileStatus.Of(path).Special is { } special)
            throw new UserErrorException($"{path}: is {special}. Give a config.json, a job file, or the folder of a run or checkpoint.");
        if (set.Length > 0 && (Directory.Exists(path) || (File.Exists(path) && IsModelConfig(path))))
            throw new UserErrorException($"--set changes a job, and {path} is not a job. Omit --set.");
        if (Directory.Exists(path))
            return NamedCheckpoint.Use(streams, path, checkpoint => InspectCheckpoint(streams, checkpoint, json, cancellation));
        if (!File.Exists(path))
            throw new UserErrorException(
                $"{path}: no such file or folder. Give a config.json, a job file, or the folder of a run or checkpoint.");
        if (IsModelConfig(path))
        {
            var config = ModelConfigFile.Load(path);
            WriteModel(streams, config, json, new JsonObject { ["kind"] = "model" });
            return ExitStatus.Ok;
        }

        var (job, warnings) = JobFile.Read(path, set);
        Warnings.Write(streams, json, warnings);
        var plan = ExecutionPlan.Create(job.ToPlanRequest(), new ContiguousPlacement());
        WriteModel(streams, job.Model, json,
            new JsonObject
            {
                ["kind"] = "job", ["job"] = job.ToJson(), ["precision"] = plan.Precision.Name(), ["placement"] = PlanJson.PlacementOf(plan)
            });
        if (!json) PlanTable.Write(streams.Console, plan, [.. Enumerable.Range(0, plan.World).Select(rank => $"worker-{rank}")]);
        return ExitStatus.Ok;
    }

    // A config.json has its keys at the top level; a job has them in its section "model".
    private static bool IsModelConfig(string path)
    {
        if (!path.EndsWith(".json", StringComparison.OrdinalIgnoreCase)) return false;
        try
        {
            return JsonText.Load(path, DocumentLimits.ModelConfig) is JsonObject keys && keys["model"] is null;
        }
        catch (DocumentException error)
        {
            throw new UserErrorException($"{path}: {error.Message}");
        }
    }

    private static void WriteModel(CommandOutput streams, DecoderConfig config, bool json, JsonObject fields)
    {
        var accounting = ModelAccounting.Of(config);
        if (!json)
        {
            ModelTable.Write(streams.Console, accounting);
            return;
        }

        fields["model"] = ModelTable.Fields(accounting);
        new JsonLines(streams.Output).Write("summary", fields);
    }

    private static int InspectCheckpoint(CommandOutput streams, Checkpoint checkpoint, bool json, CancellationToken cancellation)
    {
        var state = checkpoint.State;
        var problems = new List<ConfigProblem>();
        var config = ModelFamilies.Default.Read(new ConfigReader(state.Model, "model", problems));
        if (problems.Count > 0) throw new ConfigException(checkpoint.Folder, problems);
        if (!json)
        {
            streams.Output.WriteLine($"{checkpoint.Folder}");
            var (workers, replicas) = (Amount.Of(state.World.WorldSize, "worker"), Amount.Of(state.World.Replicas, "replica"));
            streams.Output.WriteLine(
                $"job {state.Job}, step {state.Step}, {Format.Exact(state.TokensSeen, "token")} seen, seed {state.Seed}, "
                + $"saved by {workers} (EP {state.World.ExpertParallel}, {replicas} of the experts)");
            CheckpointTable.Write(streams.Console, checkpoint.Manifest);
            ModelTable.Write(streams.Console, ModelAccounting.Of(config));
        }

        var bytes = checkpoint.Manifest.Tensors.Sum(tensor => tensor.Length);
        using var signals = Interrupts.Linked(streams.Stop.Token);
        var verification = ReadingProgress.Run(streams, json, Path.GetFileName(checkpoint.Folder),
            progress => checkpoint.Verify(progress, signals.Token));
        var wrong = (IReadOnlyList<string>)[.. verification.Problems,
            .. ModelCompleteness.Problems(checkpoint.Manifest).Select(problem => $"{checkpoint.Folder}: {problem}")];
        if (json)
        {
            new JsonLines(streams.Output).Write("summary", new JsonObject
            {
                ["kind"] = "checkpoint",
                ["folder"] = checkpoint.Folder,
                ["job"] = state.Job,
                ["run"] = state.Run,
                ["step"] = state.Step,
                ["tokens_seen"] = state.TokensSeen,
                ["seed"] = state.Seed,
                ["workers"] = state.World.WorldSize,
                ["expert_parallel"] = state.World.ExpertParallel,
                ["replicas"] = state.World.Replicas,
                ["tensors"] = verification.Tensors,
                ["bytes"] = bytes,
                ["valid"] = wrong.Count == 0,
                ["problems"] = JsonFormat.List(wrong),
                ["model"] = ModelTable.Fields(ModelAccounting.Of(config)),
            });
        }
        else if (wrong.Count == 0)
        {
            var count = Amount.Of(verification.Tensors, "tensor matches", "tensors match");
            streams.Output.WriteLine($"verified: {count} the hashes of the manifest, {Amount.Bytes(bytes)}");
        }

        foreach (var problem in wrong) streams.Error.WriteLine(problem);
        return wrong.Count == 0 ? ExitStatus.Ok : ExitStatus.Failure;
    }
}
