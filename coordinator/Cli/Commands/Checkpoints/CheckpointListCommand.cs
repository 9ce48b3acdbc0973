using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Distributed.Checkpoints;
using Distributed.Checkpoints.Inspection;
using Distributed.Checkpoints.Stores;
using Distributed.Cli.Output;
using Distributed.Coordinator.Jobs;
using Spectre.Console;

namespace Distributed.Cli.Commands.Checkpoints;

/// <summary><c>checkpoint list</c>: lists the checkpoints of a run's folder by their manifests.</summary>
internal static class CheckpointListCommand
{
    public static Command Create(CommandOutput streams)
    {
        var run = new Argument<string>("run") { Description = "Folder of a run." }.RefusingOptions();
        var json = CommonOptions.Json();
        var command = new VerbCommand("list", "Lists a run's checkpoints and unfinished saves. Reads manifests only, no tensors.",
            "checkpoint list runs/tiny", isReport: true) { run, json };
        command.SetAction(
            (parsed, _) => CommandLine.GuardAsync(streams, parsed.GetValue(json),
                () => Task.FromResult(List(streams, parsed.GetValue(run)!, parsed.GetValue(json)))));
        return command;
    }

    private static int List(CommandOutput streams, string run, bool json)
    {
        if (!Directory.Exists(run))
            throw new UserErrorException($"{Path.GetFullPath(run)}: there is no such folder. Give the folder of a run.");
        var store = new DirectoryStore(run);
        var listing = CheckpointListing.Of(store);
        if (listing.Checkpoints.Count == 0)
            throw new UserErrorException($"{store.PathOf("")}: holds no checkpoints. Give the folder of a run, such as runs/tiny.");
        if (json)
            new JsonLines(streams.Output).Write("summary",
                new JsonObject
                {
                    ["folder"] = store.PathOf(""), ["checkpoints"] = new JsonArray([.. listing.Checkpoints.Select(Fields)]),
                    ["problem"] = listing.Problem
                });
        else WriteTable(streams, listing);
        foreach (var problem in listing.Checkpoints.Select(checkpoint => checkpoint.Problem).Append(listing.Problem).OfType<string>())
            streams.Error.WriteLine(problem);
        return listing.Problem is null && listing.Checkpoints.All(checkpoint => checkpoint.Problem is null)
            ? ExitStatus.Ok : ExitStatus.Failure;
    }

    private static void WriteTable(CommandOutput streams, CheckpointListing listing)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn(new TableColumn("step").RightAligned()).AddColumn("folder")
            .AddColumn("written").AddColumn(new TableColumn("tensors").RightAligned())
            .AddColumn(new TableColumn("size").RightAligned()).AddColumn(new TableColumn("tokens seen").RightAligned())
            .AddColumn("saved by").AddColumn("");
        foreach (var checkpoint in listing.Checkpoints)
        {
            string[] held = checkpoint.Manifest is { } manifest
                ? [Written(checkpoint).ToLocalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
                    Format.Exact(manifest.Tensors.Count), Amount.Bytes(manifest.Tensors.Sum(tensor => tensor.Length)),
                    Format.Exact(manifest.State.TokensSeen), Layout(manifest.State.World)]
                : ["", "", "", "", ""];
            table.AddRow([Format.Exact(checkpoint.Step), Markup.Escape(checkpoint.Folder.Name), .. held, Remark(checkpoint)]);
        }

        streams.Console.Write(table);
    }

    private static string Remark(ListedCheckpoint checkpoint) => checkpoint switch
    {
        { IsFinished: false } => "not finished: in progress, or left by a crash",
        { Problem: not null, IsLatest: true } => "latest, damaged",
        { Problem: not null } => "damaged",
        { IsLatest: true } => "latest",
        _ => "",
    };

    private static string Layout(WorldLayout world) =>
        $"{Amount.Of(world.WorldSize, "worker")}, EP {world.ExpertParallel}, {Amount.Of(world.Replicas, "replica")}";

    private static DateTime Written(ListedCheckpoint checkpoint) =>
        File.GetLastWriteTimeUtc(checkpoint.Folder.PathOf(CheckpointLayout.ManifestFile));

    private static JsonNode Fields(ListedCheckpoint checkpoint)
    {
        var (manifest, fields) = (checkpoint.Manifest,
            new JsonObject
            {
                ["step"] = checkpoint.Step, ["folder"] = checkpoint.Folder.Path, ["finished"] = checkpoint.IsFinished,
                ["latest"] = checkpoint.IsLatest
            });
        if (manifest is null)
        {
            fields["problem"] = checkpoint.Problem;
            return fields;
        }

        fields["written"] = Written(checkpoint).ToString("O", CultureInfo.InvariantCulture);
        fields["run"] = manifest.State.Run;
        fields["tensors"] = manifest.Tensors.Count;
        fields["bytes"] = manifest.Tensors.Sum(tensor => tensor.Length);
        fields["tokens_seen"] = manifest.State.TokensSeen;
        fields["workers"] = manifest.State.World.WorldSize;
        fields["expert_parallel"] = manifest.State.World.ExpertParallel;
        fields["replicas"] = manifest.State.World.Replicas;
        return fields;
    }
}
