using Distributed.Planning;
using Spectre.Console;

namespace Distributed.Cli.Output;

/// <summary>Prints the experts and the number of sequences of each worker.</summary>
internal static class PlanTable
{
    public static void Write(IAnsiConsole console, ExecutionPlan plan, IReadOnlyList<string> workers) => console.Write(Of(plan, workers));

    public static Table Of(ExecutionPlan plan, IReadOnlyList<string> workers)
    {
        var shares = plan.Experts.Distinct().ToArray();
        var table = new Table().Border(TableBorder.Rounded).Caption($"precision: {Computed(plan.Precision)}").AddColumn("worker");
        if (plan.Grid.Replicas > 1) table.AddColumn(new TableColumn("replica").RightAligned());
        table.AddColumn(new TableColumn("sequences per step").RightAligned());
        foreach (var (layers, _) in shares) table.AddColumn($"experts of layer{(layers.Length == 1 ? "" : "s")} {Format.Ranges(layers)}");
        for (var rank = 0; rank < plan.World; rank++)
        {
            string[] replica = plan.Grid.Replicas > 1 ? [$"{plan.Grid.ReplicaOf(rank)}"] : [];
            table.AddRow([workers[rank], .. replica, $"{plan.Sequences.PerStep(rank)}",
                .. shares.Select(share => Format.Ranges(share.Shares[plan.Grid.ExpertRankOf(rank)]))]);
        }

        return table;
    }

    private static string Computed(Precision precision) => precision is not Precision.Auto ? precision.Name()
        : Format.Invariant($"bf16 if its products are at least {PrecisionChoice.RequiredSpeedup} times as fast ")
            + "as fp32 on every worker, else fp32";
}
