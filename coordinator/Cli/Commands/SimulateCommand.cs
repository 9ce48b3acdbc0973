using System.CommandLine;
using System.Diagnostics;
using Distributed.Cli.Faults;
using Distributed.Cli.Output;
using Distributed.Simulation;

namespace Distributed.Cli.Commands;

/// <summary><c>simulate</c>: runs the coordinator under seeded schedules of faults with a virtual clock.</summary>
internal static class SimulateCommand
{
    public static Command Create(CommandOutput streams)
    {
        var seed = new Option<ulong>("--seed")
        {
            Description = "Seed of the first schedule. Each further schedule has the next seed.", DefaultValueFactory = _ => 1
        }.Within(ulong.MinValue, ulong.MaxValue);
        var schedules = Ranged("--schedules", "Number of schedules.", 1000, 1, 100_000_000);
        var workers = Ranged("--workers", "Number of workers of each job.", 4, 1, 64);
        var steps = Ranged("--steps", "Number of steps of each job.", 60, 1, 10_000);
        var threads = Ranged("--threads", "Number of schedules that run in parallel.", 1, 1, 1024);
        var trace = new Option<bool>("--trace") { Description = "Prints every event of one schedule." };
        var (fault, faultPlan) = (FaultOptions.Faults(), FaultOptions.PlanFile());
        var json = CommonOptions.Json();
        var command = new VerbCommand("simulate",
            "Runs the coordinator under simulated schedules of lost, slow and failing workers, and checks that no step, sample or "
                + "expert is lost or used twice. The same seed always gives the same schedule.",
            "simulate --seed 1 --schedules 1000", isReport: true)
        {
            seed, schedules, workers, steps, threads, fault, faultPlan, trace, json,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(trace) && result.GetValue(schedules) != 1)
                result.AddError("--trace prints one schedule. Add --schedules 1.");
        });
        command.SetAction((parsed, cancellation) => CommandLine.GuardAsync(streams, parsed.GetValue(json), () =>
        {
            var plan = FaultOptions.Read(parsed.GetValue(fault)!, parsed.GetValue(faultPlan));
            var options = new ScheduleOptions { Workers = parsed.GetValue(workers), Steps = parsed.GetValue(steps), Plan = plan };
            FaultLimits.Require(plan, options.Workers, options.Steps, Isolation.Process); // the simulation supports all kinds
            var report = new ScheduleReport(streams, options, parsed.GetValue(json));
            if (parsed.GetValue(trace)) return Task.FromResult(report.Trace(Schedule.Run(parsed.GetValue(seed), options, trace: true)));
            using var signals = Interrupts.Linked(streams.Stop.Token);
            var began = Stopwatch.StartNew();
            return Task.FromResult(
                report.Summarise(parsed.GetValue(seed),
                    ScheduleSweep.Run(parsed.GetValue(seed), parsed.GetValue(schedules), options, parsed.GetValue(threads), signals.Token),
                    began.Elapsed));
        }));
        return command;
    }

    private static Option<int> Ranged(string name, string description, int usual, int least, int most) =>
        new Option<int>(name) { Description = description, DefaultValueFactory = _ => usual }.Within(least, most);
}
