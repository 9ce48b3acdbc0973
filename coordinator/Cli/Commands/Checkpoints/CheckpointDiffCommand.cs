using System.CommandLine;
using System.Text.Json.Nodes;
using Distributed.Checkpoints;
using Distributed.Checkpoints.Inspection;
using Distributed.Cli.Output;
using Distributed.Coordinator.Reports;
using Spectre.Console;

namespace Distributed.Cli.Commands.Checkpoints;

/// <summary><c>checkpoint diff</c>: compares two checkpoints, tensor by tensor.</summary>
internal static class CheckpointDiffCommand
{
    private const int Shown = 20;

    public static Command Create(CommandOutput streams)
    {
        var first = new Argument<string>("first") { Description = "Folder of a run (its latest checkpoint) or of one checkpoint." }
            .RefusingOptions();
        var second = new Argument<string>("second") { Description = "Folder of a run (its latest checkpoint) or of one checkpoint." }
            .RefusingOptions();
        var all = new Option<bool>("--all") { Description = $"Shows all tensors that differ instead of the first {Shown}." };
        var json = CommonOptions.Json();
        var command = new VerbCommand("diff",
            "Compares two checkpoints, also of different layouts: shows which tensors differ and by how much, and other differences. "
            + "The exit status is 0 if the checkpoints are equal and 1 otherwise.",
            "checkpoint diff runs/tiny/step-00000800 runs/tiny/step-00000900", isReport: true) { first, second, all, json };
        command.SetAction((parsed, cancellation) => CommandLine.GuardAsync(streams, parsed.GetValue(json), () =>
            Task.FromResult(Diff(streams, parsed.GetValue(first)!, parsed.GetValue(second)!, parsed.GetValue(all),
                parsed.GetValue(json), cancellation))));
        return command;
    }

    private static int Diff(CommandOutput streams, string first, string second, bool all, bool json, CancellationToken cancellation)
    {
        using var signals = Interrupts.Linked(streams.Stop.Token);
        using var one = Checkpoint.Open(first);
        using var other = Checkpoint.Open(second);
        var difference = ReadingProgress.Run(streams, json, "comparing",
            progress => CheckpointDifference.Between(one, other, progress, signals.Token));
        // First the tensors that cannot be compared, then weights, then moments; in each group the largest difference first.
        var tensors = difference.Tensors.OrderByDescending(tensor => tensor.What is not null).ThenBy(tensor => tensor.Kind)
            .ThenByDescending(tensor => double.IsNaN(tensor.Largest))
            .ThenByDescending(tensor => tensor.Relative).ThenBy(tensor => tensor.Name, StringComparer.Ordinal).ToList();
        if (json) new JsonLines(streams.Output).Write("summary", Fields(one, other, difference, tensors));
        else Write(streams, one, other, difference, all ? tensors : [.. tensors.Take(Shown)]);
        return difference.IsEqual ? ExitStatus.Ok : ExitStatus.Failure;
    }

    private static void Write(CommandOutput streams, Checkpoint one, Checkpoint other, CheckpointDifference difference,
        List<TensorDifference> shown)
    {
        streams.Output.WriteLine($"first:  {Format.Location(one.Folder)}");
        streams.Output.WriteLine($"second: {Format.Location(other.Folder)}");
        foreach (var line in difference.State) streams.Output.WriteLine(line);
        if (shown.Count > 0)
        {
            var table = new Table().Border(TableBorder.Rounded).AddColumn("kind").AddColumn("tensor")
                .AddColumn(new TableColumn("largest difference").RightAligned())
                .AddColumn(new TableColumn("of the largest value").RightAligned()).AddColumn(new TableColumn("elements").RightAligned())
                .AddColumn("types");
            foreach (var tensor in shown)
            {
                table.AddRow(tensor.Kind.ToText(), Markup.Escape(tensor.Name), Markup.Escape(tensor.What ?? Number(tensor.Largest)),
                    tensor.What is null ? Number(tensor.Relative) : "",
                    tensor.What is null ? Format.Exact(tensor.Elements) : "", tensor.Types ?? "");
            }

            streams.Console.Write(table);
        }

        if (difference.Tensors.Count > shown.Count)
            streams.Output.WriteLine($"and {Format.Exact(difference.Tensors.Count - shown.Count)} more, see --all");
        var count = Format.Exact(difference.Tensors.Count, "tensor differs", "tensors differ");
        streams.Output.WriteLine($"{count}, {Format.Exact(difference.Equal, "is", "are")} equal");
    }

    private static string Number(double value) => Format.Invariant($"{value:0.00e+00}");

    private static JsonObject Fields(
        Checkpoint one, Checkpoint other, CheckpointDifference difference, List<TensorDifference> tensors) => new()
    {
        ["first"] = one.Folder,
        ["second"] = other.Folder,
        ["equal"] = difference.IsEqual,
        ["equal_tensors"] = difference.Equal,
        ["state"] = JsonFormat.List(difference.State),
        ["tensors"] = new JsonArray([.. tensors.Select(tensor => new JsonObject
        {
            ["kind"] = tensor.Kind.ToText(), ["name"] = tensor.Name, ["what"] = tensor.What, ["types"] = tensor.Types,
            ["largest"] = JsonFormat.Number(tensor.Largest), ["relative"] = JsonFormat.Number(tensor.Relative),
            ["elements"] = tensor.Elements,
        })]),
    };
}
