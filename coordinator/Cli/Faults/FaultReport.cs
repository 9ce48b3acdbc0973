using System.Text.Json.Nodes;
using Distributed.Cli.Output;
using Distributed.Coordinator.Jobs;
using Distributed.Protocol.Faults;

namespace Distributed.Cli.Faults;

/// <summary>Reports the fault plan before a run, and the injected faults and the checks after it.</summary>
/// <param name="streams">Receives the report.</param>
/// <param name="json">Whether the report is JSON.</param>
internal sealed class FaultReport(CommandOutput streams, bool json)
{
    private readonly JsonLines _lines = new(streams.Output);

    /// <summary>Writes the plan before the run.</summary>
    public void Announce(FaultPlan plan, int seed)
    {
        if (json)
        {
            _lines.Write("fault_plan", new JsonObject { ["seed"] = seed, ["faults"] = plan.ToJson() });
            return;
        }

        streams.Output.WriteLine($"faults drawn from seed {seed}:");
        foreach (var fault in plan.Faults) streams.Output.WriteLine($"  {fault}");
    }

    /// <summary>Writes the results after the run.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="injected">The faults that were injected, in any order.</param>
    /// <param name="checks">The results of the checks.</param>
    /// <param name="status">The run's exit status.</param>
    /// <returns>The run's exit status if the run did not complete; otherwise success if no check is broken.</returns>
    public int Write(FaultPlan plan, IReadOnlyList<Fault> injected, IReadOnlyList<ChaosCheck> checks, int status)
    {
        var open = injected.ToList();
        var all = plan.Faults.Select(fault => (Fault: fault, IsInjected: open.Remove(fault))).ToArray();
        var exit = status == ExitStatus.Ok && checks.Any(check => check.Holds == false) ? ExitStatus.Failure : status;
        if (json)
        {
            var list = plan.ToJson();
            foreach (var (index, (_, has)) in all.Index()) list[index]!["injected"] = has;
            _lines.Write("faults", new JsonObject
            {
                ["injected"] = all.Count(each => each.IsInjected), ["faults"] = list, ["outcome"] = Outcome(status), ["exit"] = exit,
                ["checks"] = new JsonArray(
                    [.. checks.Select(
                        check => new JsonObject { ["name"] = check.Name, ["holds"] = check.Holds, ["detail"] = check.Detail })]),
            });
            return exit;
        }

        streams.Output.WriteLine();
        var count = all.Count(each => each.IsInjected);
        streams.Output.WriteLine(
            $"{count} of {Amount.Of(all.Length, "fault")} {(all.Length == 1 ? "was" : "were")} injected, and the run {Outcome(status)}:");
        foreach (var (fault, has) in all) streams.Output.WriteLine($"  {(has ? "injected" : "skipped ")}  {fault}");
        streams.Output.WriteLine();
        foreach (var check in checks) streams.Output.WriteLine($"  {check.Word,-8}  {check.Name}: {check.Detail}");
        return exit;
    }

    private static string Outcome(int status) => status switch
    {
        ExitStatus.Ok => "completed",
        ExitStatus.Interrupted => "stopped",
        _ => "failed",
    };
}
