using System.Text.Json.Nodes;
using Distributed.Coordinator.Reports;
using Distributed.Simulation;

namespace Distributed.Cli.Output;

/// <summary>Reports the results of schedules as text or JSON.</summary>
internal sealed class ScheduleReport(CommandOutput streams, ScheduleOptions options, bool json)
{
    private const int MostReported = 5, LastEvents = 20;

    private readonly JsonLines _lines = new(streams.Output);

    /// <summary>Writes every event of one schedule.</summary>
    /// <returns>The exit status.</returns>
    public int Trace(ScheduleResult result)
    {
        foreach (var line in result.Log)
        {
            if (json) _lines.Write("trace", new JsonObject { ["line"] = line });
            else streams.Output.WriteLine(line);
        }

        if (result.Violation is not null) WriteViolation(result, lastEvents: 0);
        if (json)
            _lines.Write("summary",
                new JsonObject
                {
                    ["seed"] = result.Seed, ["outcome"] = result.Outcome?.State.ToString().ToLowerInvariant(),
                    ["reason"] = result.Outcome?.Reason, ["events"] = result.Events, ["epochs"] = result.Epochs,
                    ["violations"] = result.Violation is null ? 0 : 1
                });
        return result.Violation is null ? ExitStatus.Ok : ExitStatus.Failure;
    }

    /// <summary>Writes the summary of a sweep, and the first violations with the events before them.</summary>
    /// <returns>The exit status.</returns>
    public int Summarise(ulong seed, SweepResult sweep, TimeSpan took)
    {
        foreach (var failed in sweep.Failed.Take(MostReported)) WriteViolation(failed, LastEvents);
        if (json)
        {
            _lines.Write("summary", new JsonObject
            {
                ["seed"] = seed, ["schedules"] = sweep.Schedules, ["violations"] = sweep.Failed.Count,
                ["outcomes"] = new JsonObject(
                    sweep.Outcomes.Select(pair => KeyValuePair.Create(pair.Key.ToLowerInvariant(), (JsonNode?)pair.Value))),
                ["events"] = sweep.Events, ["epochs"] = sweep.Epochs, ["seconds"] = took.TotalSeconds,
            });
        }
        else
        {
            var size = $"{Format.Exact(options.Workers, "worker")}, {Format.Exact(options.Steps, "step")}";
            var counts = $"{Format.Exact(sweep.Epochs, "epoch")}, {Format.Exact(sweep.Events, "event")}";
            var schedules = Format.Exact(sweep.Schedules, "schedule");
            streams.Output.WriteLine($"{schedules} from seed {seed}, {size}: {counts} in {took.TotalSeconds:0.0} s");
            var outcomes = sweep.Outcomes.Select(pair => $"{Format.Exact(pair.Value)} {pair.Key.ToLowerInvariant()}");
            streams.Output.WriteLine($"jobs: {string.Join(", ", outcomes)}");
            streams.Output.WriteLine(sweep.Failed.Count == 0
                ? "no invariant was violated" : $"{Format.Exact(sweep.Failed.Count, "schedule")} violated an invariant");
        }

        return sweep.Failed.Count == 0 ? ExitStatus.Ok : ExitStatus.Failure;
    }

    private void WriteViolation(ScheduleResult failed, int lastEvents)
    {
        var (invariant, found) = failed.Violation!;
        var last = failed.Log.TakeLast(lastEvents).ToList();
        var faults = string.Concat(options.Plan?.Faults.Select(fault => $" --fault {fault}") ?? []);
        var replay = $"{CommandLine.Invocation} simulate --seed {failed.Seed} --schedules 1 "
            + $"--workers {options.Workers} --steps {options.Steps}{faults} --trace";
        if (json)
        {
            _lines.Write("violation",
                new JsonObject
                {
                    ["seed"] = failed.Seed, ["invariant"] = invariant, ["found"] = found,
                    ["last_events"] = JsonFormat.List(last), ["replay"] = replay
                });
            return;
        }

        streams.Error.WriteLine($"seed {failed.Seed}: violated invariant: {invariant}. Found: {found}");
        foreach (var line in last) streams.Error.WriteLine(line);
        streams.Error.WriteLine($"replay: {replay}");
        streams.Error.WriteLine();
    }
}
