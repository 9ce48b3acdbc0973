using System.CommandLine;
using Distributed.Cli.Faults;
using Distributed.Cli.Training;

namespace Distributed.Cli.Commands;

/// <summary><c>train</c>: trains a job with the coordinator in this process, and workers as threads or processes.</summary>
internal static class TrainCommand
{
    public static Command Create(CommandOutput streams)
    {
        var job = new Argument<string?>("job")
        {
            Description = "Job file. Default: trains a small model on the .NET API documentation.", Arity = ArgumentArity.ZeroOrOne
        }.RefusingOptions();
        var resume = new Option<string?>("--resume")
        {
            Description = "Resumes from the latest checkpoint in the job's folder, or from the given folder of a run or checkpoint. "
                + "Without a job file, the job is read from the checkpoint.",
            HelpName = "folder",
            Arity = ArgumentArity.ZeroOrOne,
        }.RefusingEmpty();
        var workers = new Option<int?>("--workers")
        {
            Description = "Number of workers. Same as --set parallel.workers=N.", HelpName = "number"
        }.Within(1, 1 << 16);
        var isolation = IsolationOption.Create();
        var transport = TransportOption.Create();
        var (profile, nccl) = (ProfileOption.Create(), new NcclOptions());
        var (fault, faultPlan) = (FaultOptions.Faults(), FaultOptions.PlanFile());
        var (set, json, overwrite) = (CommonOptions.Set(), CommonOptions.Json(), OverwriteOption.Create());
        var command = new VerbCommand("train",
            "Trains a model with expert parallelism and reports its progress.",
            "train deploy/jobs/tiny.yaml --set training.steps=600 --set parallel.workers=2") { job, set, workers, isolation, transport,
                resume, overwrite, profile, fault, faultPlan, json };
        nccl.AddTo(command);
        command.SetAction((parsed, _) => CommandLine.GuardAsync(streams, parsed.GetValue(json), async () =>
        {
            using var signals = streams.Stop.OnSignals();
            nccl.Require(parsed.CommandResult, parsed.GetValue(isolation), parsed.GetValue(transport));
            string[] overrides = parsed.GetValue(workers) is { } count
                ? [.. parsed.GetValue(set)!, $"parallel.workers={count}"] : parsed.GetValue(set)!;
            var source = JobSource.Find(streams, parsed.GetValue(json), parsed.GetValue(job), overrides,
                parsed.GetResult(resume) is not null,
                parsed.GetValue(resume), parsed.GetValue(overwrite));
            return await new TrainingRun(streams, parsed.GetValue(json), parsed.GetValue(profile), parsed.GetValue(isolation),
                parsed.GetValue(transport), nccl.Of(parsed.CommandResult),
                FaultOptions.Read(parsed.GetValue(fault)!, parsed.GetValue(faultPlan))).RunAsync(source);
        }));
        return command;
    }
}
