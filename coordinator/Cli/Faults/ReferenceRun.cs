using Distributed.Checkpoints;
using Distributed.Checkpoints.Inspection;
using Distributed.Cli.Commands;
using Distributed.Cli.Training;
using Distributed.Coordinator.Jobs;
using Distributed.Training.Jobs;
using Distributed.Worker.Hosting;

namespace Distributed.Cli.Faults;

/// <summary>
/// The same training without faults, with threads as workers, whose bits are those of processes; into a folder of its own, beside the run's. It
/// saves and scores nothing on its way.
/// </summary>
/// <param name="shell">Where mistakes go; all else is silent.</param>
internal sealed class ReferenceRun(CommandOutput shell)
{
    private const string Suffix = ".calm";

    /// <summary>Trains, and compares what came of both.</summary>
    /// <param name="job">That of the run under faults.</param>
    public async Task<ChaosCheck> CompareAsync(TrainingJob job)
    {
        var calm = job with
        {
            Checkpoint = job.Checkpoint with { Directory = Path.TrimEndingDirectorySeparator(job.Checkpoint.Directory) + Suffix, Every = 0, Overwrite = true },
            Evaluation = job.Evaluation with { Every = 0, AtEnd = false },
            Sample = job.Sample with { Tokens = 0 },
        };
        var run = new TrainingRun(new CommandOutput(TextWriter.Null, shell.Error, isTerminal: false, shell.Stop), json: true, profileSteps: 0, Isolation.InProcess, ExchangeWay.Auto, new NcclFiles());
        var status = await run.RunAsync(new JobSource(calm, null));
        if (status != ExitStatus.Ok) return new ChaosCheck("bits", false, $"the run without faults ended with status {status}");
        using var one = Checkpoint.Open(calm.Checkpoint.Directory);
        using var other = Checkpoint.Open(job.Checkpoint.Directory);
        return Check(CheckpointDifference.Between(one, other, cancellation: shell.Stop.Token), calm.Checkpoint.Directory);
    }

    // The jobs differ in what is said above.
    private static ChaosCheck Check(CheckpointDifference difference, string directory)
    {
        string[] state = [.. difference.State.Where(line => !line.StartsWith("extra.", StringComparison.Ordinal))];
        return (difference.Tensors, state) switch
        {
            ([], []) => new ChaosCheck("bits", true, $"all {difference.Equal} weights and moments are those of a run without faults, {directory}"),
            ([], _) => new ChaosCheck("bits", false, $"not as without faults: {string.Join("; ", state)}"),
            var (tensors, _) => new ChaosCheck("bits", false, $"{tensors.Count} of {tensors.Count + difference.Equal} weights and moments differ from those of a run without faults, {directory}; the first is {tensors[0].Name}"),
        };
    }
}
