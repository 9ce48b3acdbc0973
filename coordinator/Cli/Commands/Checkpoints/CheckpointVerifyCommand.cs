using System.CommandLine;
using System.Text.Json.Nodes;
using Distributed.Checkpoints;
using Distributed.Checkpoints.Inspection;
using Distributed.Checkpoints.Stores;
using Distributed.Cli.Output;
using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Reports;

namespace Distributed.Cli.Commands.Checkpoints;

/// <summary><c>checkpoint verify</c>: checks every tensor against its hash, and the set of tensors against the model.</summary>
internal static class CheckpointVerifyCommand
{
    public static Command Create(CommandOutput streams)
    {
        var path = new Argument<string>("path") { Description = "Folder of a run (its latest checkpoint) or of one checkpoint." }
            .RefusingOptions();
        var all = new Option<bool>("--all") { Description = "Verifies every committed checkpoint of the run." };
        var json = CommonOptions.Json();
        var command = new VerbCommand("verify",
            "Reads a whole checkpoint and checks that every tensor has the hash that it was saved with, and that the checkpoint holds "
            + "every weight of the model, including each expert's, once, in its shape, and nothing else.",
            "checkpoint verify runs/tiny --all", isReport: true) { path, all, json };
        command.SetAction((parsed, cancellation) => CommandLine.GuardAsync(streams, parsed.GetValue(json), () =>
            Task.FromResult(Verify(streams, parsed.GetValue(path)!, parsed.GetValue(all), parsed.GetValue(json), cancellation))));
        return command;
    }

    private static int Verify(CommandOutput streams, string path, bool all, bool json, CancellationToken cancellation)
    {
        using var signals = Interrupts.Linked(streams.Stop.Token);
        var verified = new JsonArray();
        foreach (var folder in Folders(path, all))
        {
            var (step, tensors, bytes, problems) = Verify(streams, folder, json, signals.Token);
            verified.Add(new JsonObject
            {
                ["folder"] = folder.Path, ["step"] = step, ["tensors"] = tensors, ["bytes"] = bytes, ["valid"] = problems.Count == 0,
                ["problems"] = JsonFormat.List(problems),
            });
            var result = problems.Count == 0
                ? $"valid, {Format.Exact(tensors, "tensor")}, {Amount.Bytes(bytes)}" : Format.Exact(problems.Count, "problem");
            if (!json) streams.Output.WriteLine($"{Format.Location(folder.Path)}: {result}");
            foreach (var problem in problems) streams.Error.WriteLine(problem);
        }

        var isValid = verified.All(checkpoint => (bool)checkpoint!["valid"]!);
        if (json) new JsonLines(streams.Output).Write("summary", new JsonObject { ["valid"] = isValid, ["checkpoints"] = verified });
        return isValid ? ExitStatus.Ok : ExitStatus.Failure;
    }

    private static IReadOnlyList<StoredFolder> Folders(string path, bool all)
    {
        if (!all) return [CheckpointLocation.Resolve(path)];
        var store = new DirectoryStore(path);
        var steps = CheckpointLocation.CommittedSteps(store);
        return steps.Count > 0
            ? [.. steps.Select(step => new StoredFolder(store, CheckpointLayout.StepFolder(step)))]
            : throw new UserErrorException(
                $"{store.PathOf("")}: holds no committed checkpoint. With --all, give the folder of a run, such as runs/tiny.");
    }

    private static (long? Step, int Tensors, long Bytes, IReadOnlyList<string> Problems) Verify(
        CommandOutput streams, StoredFolder folder, bool json, CancellationToken cancellation)
    {
        try
        {
            using var checkpoint = Checkpoint.Open(folder);
            var found = ReadingProgress.Run(streams, json, folder.Name, progress => checkpoint.Verify(progress, cancellation));
            return (checkpoint.State.Step, found.Tensors, found.Bytes,
                [.. found.Problems, .. ModelCompleteness.Problems(checkpoint.Manifest).Select(problem => $"{folder}: {problem}")]);
        }
        catch (CheckpointException unreadable)
        {
            return (CheckpointLayout.StepOf(folder.Name), 0, 0, [unreadable.Message]);
        }
    }
}
