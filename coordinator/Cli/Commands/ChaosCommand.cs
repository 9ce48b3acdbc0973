using System.CommandLine;
using Distributed.Cli.Faults;
using Distributed.Cli.Training;
using Distributed.Protocol.Faults;
using Distributed.Training.Jobs;

namespace Distributed.Cli.Commands;

/// <summary><c>chaos</c>: <c>train --isolation process</c> under faults that a seed draws.</summary>
internal static class ChaosCommand
{
    public static Command Create(CommandOutput shell)
    {
        var job = new Argument<string?>("job") { Description = "Job file; without it a small model learns the .NET API documentation.", Arity = ArgumentArity.ZeroOrOne }.RefusingOptions();
        var workers = new Option<int?>("--workers") { Description = "How many workers; the same as --set parallel.workers=...", HelpName = "number" }.Within(1, 1 << 16);
        var count = new Option<int>("--faults") { Description = "How many faults are drawn, one in each of as many stretches of the run.", HelpName = "number", DefaultValueFactory = _ => 12 }.Within(0, 1000);
        var seed = new Option<int>("--seed") { Description = "What they are drawn from: the same seed draws the same.", HelpName = "number", DefaultValueFactory = _ => 1 }.Within(int.MinValue, int.MaxValue);
        var kinds = Kinds();
        var longest = new Option<double>("--longest") { Description = "Seconds that a fault which lasts may take at most; the least is half a second.", HelpName = "seconds", DefaultValueFactory = _ => FaultPlan.LongestDrawn }.Within(FaultPlan.ShortestDrawn, 600);
        var compare = new Option<bool>("--compare") { Description = "Afterwards trains once more without faults, into the run's folder with .calm added, in place of an earlier such run, and compares every weight and moment." };
        var (transport, nccl) = (TransportOption.Create(), new NcclOptions());
        var (set, json, overwrite) = (CommonOptions.Set(), CommonOptions.Json(), OverwriteOption.Create());
        var command = new VerbCommand("chaos",
            "Trains while things go wrong on purpose, tells what did, and checks that nothing came of it: the exit status is 0 where all that must hold does.",
            "chaos deploy/jobs/tiny.yaml --workers 4 --faults 12 --seed 7 --compare") { job, workers, count, seed, kinds, longest, compare, overwrite, transport, set, json };
        nccl.AddTo(command);
        command.SetAction((parsed, _) => CommandLine.GuardAsync(shell, parsed.GetValue(json), async () =>
        {
            using var signals = shell.Stop.OnSignals();
            string[] overrides = parsed.GetValue(workers) is { } number ? [.. parsed.GetValue(set)!, $"parallel.workers={number}"] : parsed.GetValue(set)!;
            var source = JobSource.Find(shell, parsed.GetValue(json), parsed.GetValue(job), overrides, resume: false, checkpoint: null, parsed.GetValue(overwrite));
            var steps = source.Job.Training.Steps;
            if (steps < 2) throw new UserErrorException($"training.steps is {steps}; faults need at least 2.");
            var plan = FaultPlan.Random(parsed.GetValue(seed), parsed.GetValue(count), FaultLimits.Workers(source.Job, Isolation.Process), steps, parsed.GetValue(kinds) is { Length: > 0 } chosen ? chosen : Survivable, parsed.GetValue(longest));
            var report = new FaultReport(shell, parsed.GetValue(json));
            report.Announce(plan, parsed.GetValue(seed));
            var witness = new ChaosObserver();
            var run = new TrainingRun(shell, parsed.GetValue(json), profileSteps: 0, Isolation.Process, parsed.GetValue(transport), nccl.Of(parsed.CommandResult), plan, witness);
            var status = await run.RunAsync(source);
            var checks = witness.Checks(source.Job, run.Outcome!).ToList();
            if (parsed.GetValue(compare)) checks.Add(await BitsAsync(shell, source.Job, witness, status));
            return report.Write(plan, FaultJournal.OfRun(source.Job.Checkpoint.Directory).Read(), checks, status);
        }));
        return command;
    }

    private static Task<ChaosCheck> BitsAsync(CommandOutput shell, TrainingJob job, ChaosObserver witness, int status) => (status, witness.HasOneLayout) switch
    {
        (not ExitStatus.Ok, _) => Task.FromResult(new ChaosCheck("bits", null, "the run did not come to its last checkpoint")),
        (_, false) => Task.FromResult(new ChaosCheck("bits", null, "the run went on with other numbers of workers, which rounds in another way")),
        _ => new ReferenceRun(shell).CompareAsync(job),
    };

    private static FaultKind[] Survivable => [.. Enum.GetValues<FaultKind>().Where(kind => kind != FaultKind.CoordinatorKill)];

    private static Option<FaultKind[]?> Kinds() => new("--kinds")
    {
        Description = "Kinds to draw from, with commas between them. Without it all but coordinator-kill, which ends this command too.",
        HelpName = "kind,kind",
        CustomParser = result =>
        {
            string[] words = [.. result.Tokens.SelectMany(token => token.Value.Split(','))];
            foreach (var word in words.Where(word => FaultShape.Find(word) is null))
                result.AddError($"--kinds {word}: allowed: {string.Join(", ", FaultShape.All.Select(shape => shape.Word))}.");
            return [.. words.Select(FaultShape.Find).OfType<FaultShape>().Select(shape => shape.Kind)];
        },
    };
}
