using Distributed.Cli;
using Distributed.Cli.Training;
using Distributed.Coordinator.Jobs;
using Distributed.Data.Preparation;
using Distributed.LocalClusters;
using Distributed.LocalClusters.Processes;
using Distributed.Protocol.Faults;
using Distributed.Protocol.Identities;
using Distributed.Training.Jobs;

namespace Distributed.Benchmarks.Recovery;

/// <summary>The default job on four worker processes of this machine, with an observer.</summary>
internal sealed class MeasuredCluster : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("benchmark-recovery-").FullName;
    private readonly ProcessCluster _cluster;
    private readonly Task<JobOutcome> _run;

    /// <summary>Starts the job.</summary>
    /// <param name="options">Precision and kernels.</param>
    /// <param name="recovery">How the job recovers from lost workers.</param>
    /// <param name="watch">Receives the job's notices.</param>
    /// <param name="faults">Faults to inject; null for none.</param>
    public MeasuredCluster(BenchmarkOptions options, RecoverySection recovery, IJobObserver watch, FaultPlan? faults = null)
    {
        var job = JobFile.Load(Path.Combine(AppContext.BaseDirectory, "jobs", "tiny.yaml"));
        using (var data = DataPreparation.Prepare(job.Data.ToOptions())) job = job.WithVocabulary(data.Tokenizer.VocabularySize);
        job = job with
        {
            Kernels = options.Kernels,
            Training = job.Training with { Steps = 1_000_000, Precision = options.Precision },
            Parallel = job.Parallel with { Workers = 4, Replicas = 1, ThreadsPerWorker = 1 },
            Evaluation = job.Evaluation with { AtEnd = false },
            Checkpoint = job.Checkpoint with { Directory = _folder, Every = 0 },
            Recovery = recovery,
        };
        _cluster = new ProcessCluster(new JobId($"benchmark-{Environment.ProcessId}-{TimeProvider.System.GetTimestamp()}"), job,
            start: null, WorkerPrograms.Options(job), watch,
            new LocalClusterOptions { Checkpoints = new CheckpointFolders(), Faults = faults });
        _run = _cluster.RunAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _cluster.RequestStop(save: false, "measured");
        var outcome = await _run;
        Directory.Delete(_folder, recursive: true);
        if (outcome.State != JobState.Stopped)
            throw new InvalidOperationException($"The run ended before it was stopped: {outcome.Reason}");
    }
}
