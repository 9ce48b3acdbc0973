using System.CommandLine;
using Distributed.Cli.Faults;
using Distributed.Cli.Training;
using Distributed.Protocol.Faults;
using Distributed.Training.Jobs;

namespace Distributed.Cli.Commands;

/// <summary><c>chaos</c>: runs <c>train --isolation process</c> under faults drawn from a seed.</summary>
internal static class ChaosCommand
{
    public static Command Create(CommandOutput streams)
    {
        var job = new Argument<string?>("job")
        {
            Description = "Job file. Default: trains a small model on the .NET API documentation.", Arity = ArgumentArity.ZeroOrOne
        }.RefusingOptions();
        var workers = new Option<int?>("--workers")
        {
            Description = "Number of workers. Same as --set parallel.workers=N.", HelpName = "number"
        }.Within(1, 1 << 16);
        var count = new Option<int>("--faults")
        {
            Description = "Number of faults to draw. The run is divided into equal parts, with one fault in each.", HelpName = "number",
            DefaultValueFactory = _ => 12
        }.Within(0, 1000);
        var seed = new Option<int>("--seed")
        {
            Description = "Seed from which the faults are drawn. The same seed draws the same faults.", HelpName = "number",
            DefaultValueFactory = _ => 1
        }.Within(int.MinValue, int.MaxValue);
        var kinds = Kinds();
        var longest = new Option<double>("--longest")
        {
            Description = "Maximum duration of a fault in seconds. The minimum duration is 0.5 s.", HelpName = "seconds",
            DefaultValueFactory = _ => FaultPlan.MaxRandomSeconds
        }.Within(FaultPlan.MinRandomSeconds, 600);
        var compare = new Option<bool>("--compare")
        {
            Description = "Afterwards trains the same job without faults and compares all weights and optimizer moments. "
                + "The folder is the run's with the suffix .reference; an earlier comparison there is replaced.",
        };
        var (transport, nccl) = (TransportOption.Create(), new NcclOptions());
        var (set, json, overwrite) = (CommonOptions.Set(), CommonOptions.Json(), OverwriteOption.Create());
        var command = new VerbCommand("chaos",
            "Trains while faults are injected, reports the faults, and checks that the result is unaffected. "
            + "The exit status is 0 if every check holds.",
            "chaos deploy/jobs/tiny.yaml --workers 4 --faults 12 --seed 7 --compare") { job, workers, count, seed, kinds, longest, compare,
                overwrite, transport, set, json };
        nccl.AddTo(command);
        command.SetAction((parsed, _) => CommandLine.GuardAsync(streams, parsed.GetValue(json), async () =>
        {
            using var signals = streams.Stop.OnSignals();
            string[] overrides = parsed.GetValue(workers) is { } number
                ? [.. parsed.GetValue(set)!, $"parallel.workers={number}"] : parsed.GetValue(set)!;
            var source = JobSource.Find(streams, parsed.GetValue(json), parsed.GetValue(job), overrides, resume: false, checkpoint: null,
                parsed.GetValue(overwrite));
            var steps = source.Job.Training.Steps;
            if (steps < 2) throw new UserErrorException($"training.steps: {steps} is too small for chaos. Allowed: at least 2.");
            var plan = FaultPlan.Random(parsed.GetValue(seed), parsed.GetValue(count), FaultLimits.Workers(source.Job, Isolation.Process),
                steps, parsed.GetValue(kinds) is { Length: > 0 } chosen ? chosen : Survivable, parsed.GetValue(longest));
            var report = new FaultReport(streams, parsed.GetValue(json));
            report.Announce(plan, parsed.GetValue(seed));
            var observer = new ChaosObserver();
            var run = new TrainingRun(streams, parsed.GetValue(json), profileSteps: 0, Isolation.Process, parsed.GetValue(transport),
                nccl.Of(parsed.CommandResult), plan, observer);
            var status = await run.RunAsync(source);
            var checks = observer.Checks(source.Job, run.Outcome!).ToList();
            if (parsed.GetValue(compare)) checks.Add(await BitsAsync(streams, source.Job, observer, status));
            return report.Write(plan, FaultJournal.OfRun(source.Job.Checkpoint.Directory).Read(), checks, status);
        }));
        return command;
    }

    private static Task<ChaosCheck> BitsAsync(
        CommandOutput streams, TrainingJob job, ChaosObserver observer, int status) => (status, observer.HasOneLayout) switch
    {
        (not ExitStatus.Ok, _) => Task.FromResult(new ChaosCheck("bits", null, "the run did not reach its last checkpoint")),
        (_, false) => Task.FromResult(
            new ChaosCheck("bits", null, "the number of workers changed during the run, which changes the rounding")),
        _ => new ReferenceRun(streams).CompareAsync(job),
    };

    private static FaultKind[] Survivable => [.. Enum.GetValues<FaultKind>().Where(kind => kind != FaultKind.CoordinatorKill)];

    private static Option<FaultKind[]?> Kinds() => new("--kinds")
    {
        Description = "Comma-separated kinds of faults to draw from. Default: all except coordinator-kill, which also ends this command.",
        HelpName = "kind,kind",
        CustomParser = result =>
        {
            string[] words = [.. result.Tokens.SelectMany(token => token.Value.Split(','))];
            foreach (var word in words.Where(word => FaultDefinition.Find(word) is null))
                result.AddError($"--kinds {word}: allowed: {string.Join(", ", FaultDefinition.All.Select(each => each.Name))}.");
            return [.. words.Select(FaultDefinition.Find).OfType<FaultDefinition>().Select(definition => definition.Kind)];
        },
    };
}
