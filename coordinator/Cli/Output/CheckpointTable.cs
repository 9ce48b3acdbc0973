using Distributed.Checkpoints;
using Distributed.Coordinator.Jobs;
using Spectre.Console;

namespace Distributed.Cli.Output;

/// <summary>Prints the contents of a checkpoint by file.</summary>
internal static class CheckpointTable
{
    public static void Write(IAnsiConsole console, CheckpointManifest manifest)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("file").AddColumn("holds")
            .AddColumn(new TableColumn("tensors").RightAligned()).AddColumn(new TableColumn("size").RightAligned()).AddColumn("types");
        foreach (var file in manifest.Tensors.GroupBy(tensor => (tensor.Kind, tensor.File)).OrderBy(group => group.Key.Kind)
            .ThenBy(group => group.Key.File, StringComparer.Ordinal))
        {
            table.AddRow(file.Key.File, file.Key.Kind.ToText(), Format.Exact(file.Count()), Amount.Bytes(file.Sum(tensor => tensor.Length)),
                string.Join(", ", file.Select(tensor => tensor.Dtype).Distinct().Order(StringComparer.Ordinal)));
        }

        console.Write(table);
    }
}
