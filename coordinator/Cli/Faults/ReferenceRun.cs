using Distributed.Checkpoints;
using Distributed.Checkpoints.Inspection;
using Distributed.Cli.Commands;
using Distributed.Cli.Training;
using Distributed.Coordinator.Jobs;
using Distributed.Training.Jobs;
using Distributed.Worker.Hosting;

namespace Distributed.Cli.Faults;

/// <summary>
/// Trains the same job without faults, for comparison. Workers are threads, which compute the same bits as processes. The run saves to its
/// own folder beside the job's, only at the end, and does not evaluate.
/// </summary>
/// <param name="streams">Receives errors; other output is discarded.</param>
internal sealed class ReferenceRun(CommandOutput streams)
{
    private const string Suffix = ".reference";

    /// <summary>Trains without faults and compares the last checkpoints of both runs.</summary>
    /// <param name="job">The job of the run under faults.</param>
    public async Task<ChaosCheck> CompareAsync(TrainingJob job)
    {
        var reference = job with
        {
            Checkpoint = job.Checkpoint with { Directory = Path.TrimEndingDirectorySeparator(job.Checkpoint.Directory) + Suffix,
                Every = 0, Overwrite = true },
            Evaluation = job.Evaluation with { Every = 0, AtEnd = false },
            Sample = job.Sample with { Tokens = 0 },
        };
        var run = new TrainingRun(new CommandOutput(TextWriter.Null, streams.Error, isTerminal: false, streams.Stop), json: true,
            profileSteps: 0, Isolation.InProcess, TransportKind.Auto, new NcclFiles());
        var status = await run.RunAsync(new JobSource(reference, null));
        if (status != ExitStatus.Ok) return new ChaosCheck("bits", false, $"the run without faults ended with status {status}");
        using var one = Checkpoint.Open(reference.Checkpoint.Directory);
        using var other = Checkpoint.Open(job.Checkpoint.Directory);
        return Check(CheckpointDifference.Between(one, other, cancellation: streams.Stop.Token), reference.Checkpoint.Directory);
    }

    // The saved jobs (extra.*) differ in the keys that CompareAsync changes.
    private static ChaosCheck Check(CheckpointDifference difference, string directory)
    {
        string[] state = [.. difference.State.Where(line => !line.StartsWith("extra.", StringComparison.Ordinal))];
        return (difference.Tensors, state) switch
        {
            ([], []) => new ChaosCheck("bits", true,
                $"all {difference.Equal} weights and moments equal those of the run without faults, {directory}"),
            ([], _) => new ChaosCheck("bits", false, $"the state differs from that of the run without faults: {string.Join("; ", state)}"),
            var (tensors, _) => new ChaosCheck("bits", false,
                $"{tensors.Count} of {tensors.Count + difference.Equal} weights and moments differ from those of the run without faults, "
                + $"{directory}; the first is {tensors[0].Name}"),
        };
    }
}
