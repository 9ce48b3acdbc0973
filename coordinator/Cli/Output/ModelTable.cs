using System.Text.Json.Nodes;
using Distributed.Models.Accounting;
using Spectre.Console;

namespace Distributed.Cli.Output;

/// <summary>Prints a network's parameters by part.</summary>
internal static class ModelTable
{
    public static void Write(IAnsiConsole console, ModelAccounting accounting)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("part")
            .AddColumn(new TableColumn("parameters").RightAligned()).AddColumn(new TableColumn("active per token").RightAligned());
        foreach (var part in accounting.Parts.Where(part => part.Parameters > 0))
            table.AddRow(part.Name, Format.Exact(part.Parameters), Format.Exact(part.Active));
        table.AddEmptyRow();
        table.AddRow("total", Format.Exact(accounting.Total), Format.Exact(accounting.Active));
        if (accounting.MultiTokenPrediction is { } mtp)
            table.AddRow($"not in total: {mtp.Name}", Format.Exact(mtp.Parameters), Format.Exact(mtp.Active));
        console.Write(table);
        console.WriteLine($"cache: {Format.Exact(accounting.CacheBytesPerToken(), "byte")} per token of context, in bf16");
    }

    public static JsonObject Fields(ModelAccounting accounting)
    {
        var parts = new JsonObject();
        foreach (var part in accounting.Parts) parts[part.Name] = Part(part);
        return new JsonObject
        {
            ["total"] = accounting.Total,
            ["active"] = accounting.Active,
            ["cache_bytes_per_token"] = accounting.CacheBytesPerToken(),
            ["parts"] = parts,
            ["multi_token_prediction"] = accounting.MultiTokenPrediction is { } mtp ? Part(mtp) : null,
        };
    }

    private static JsonObject Part(ModelPart part) => new() { ["parameters"] = part.Parameters, ["active"] = part.Active };
}
