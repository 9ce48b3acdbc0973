using System.Text.Json.Nodes;
using Distributed.Simulation.Schedules;

namespace Distributed.Cli.Output;

/// <summary>Tells what schedules have found, as text or as JSON.</summary>
internal sealed class ScheduleReport(CommandOutput shell, ScheduleOptions options, bool json)
{
    private const int MostReported = 5, LastEvents = 20;

    private readonly JsonLines _lines = new(shell.Output);

    /// <summary>All that happened in one schedule.</summary>
    /// <returns>The exit status.</returns>
    public int Trace(ScheduleResult result)
    {
        foreach (var line in result.Log)
        {
            if (json) _lines.Write("trace", new JsonObject { ["line"] = line });
            else shell.Output.WriteLine(line);
        }

        if (result.Violation is not null) Tell(result, lastEvents: 0);
        if (json) _lines.Write("summary", new JsonObject { ["seed"] = result.Seed, ["outcome"] = result.Outcome?.State.ToString().ToLowerInvariant(), ["reason"] = result.Outcome?.Reason, ["events"] = result.Events, ["epochs"] = result.Epochs, ["violations"] = result.Violation is null ? 0 : 1 });
        return result.Violation is null ? ExitStatus.Ok : ExitStatus.Failure;
    }

    /// <summary>What a sweep has found, the first violations with the events before them.</summary>
    /// <returns>The exit status.</returns>
    public int Summarise(ulong seed, SweepResult sweep, TimeSpan took)
    {
        foreach (var failed in sweep.Failed.Take(MostReported)) Tell(failed, LastEvents);
        if (json)
        {
            _lines.Write("summary", new JsonObject
            {
                ["seed"] = seed, ["schedules"] = sweep.Schedules, ["violations"] = sweep.Failed.Count, ["outcomes"] = new JsonObject(sweep.Outcomes.Select(pair => KeyValuePair.Create(pair.Key.ToLowerInvariant(), (JsonNode?)pair.Value))),
                ["events"] = sweep.Events, ["epochs"] = sweep.Epochs, ["seconds"] = took.TotalSeconds,
            });
        }
        else
        {
            shell.Output.WriteLine($"{Format.Exact(sweep.Schedules, "schedule")} from seed {seed}, {Format.Exact(options.Workers, "worker")}, {Format.Exact(options.Steps, "step")}: {Format.Exact(sweep.Epochs, "epoch")}, {Format.Exact(sweep.Events, "event")} in {took.TotalSeconds:0.0} s");
            shell.Output.WriteLine($"jobs: {string.Join(", ", sweep.Outcomes.Select(pair => $"{Format.Exact(pair.Value)} {pair.Key.ToLowerInvariant()}"))}");
            shell.Output.WriteLine(sweep.Failed.Count == 0 ? "everything held in all of them" : $"in {Format.Exact(sweep.Failed.Count)} of them something did not hold");
        }

        return sweep.Failed.Count == 0 ? ExitStatus.Ok : ExitStatus.Failure;
    }

    private void Tell(ScheduleResult failed, int lastEvents)
    {
        var (invariant, found) = failed.Violation!;
        var last = failed.Log.TakeLast(lastEvents).ToList();
        var replay = $"{CommandLine.Invocation} simulate --seed {failed.Seed} --schedules 1 --workers {options.Workers} --steps {options.Steps}{string.Concat(options.Plan?.Faults.Select(fault => $" --fault {fault}") ?? [])} --trace";
        if (json)
        {
            _lines.Write("violation", new JsonObject { ["seed"] = failed.Seed, ["invariant"] = invariant, ["found"] = found, ["last_events"] = new JsonArray([.. last.Select(line => JsonValue.Create(line))]), ["replay"] = replay });
            return;
        }

        shell.Error.WriteLine($"seed {failed.Seed}: it must hold that {invariant}. Found: {found}");
        foreach (var line in last) shell.Error.WriteLine(line);
        shell.Error.WriteLine($"replay: {replay}");
        shell.Error.WriteLine();
    }
}
