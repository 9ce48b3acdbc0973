using System.Text.Json;
using System.Text.Json.Nodes;
using Distributed.Checkpoints;
using Distributed.Checkpoints.Stores;
using Distributed.Configuration;
using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Service.Execution;
using Distributed.Planning;
using Distributed.Training.Jobs;

namespace Distributed.Cli.Service;

/// <summary>Reads jobs as <c>train</c> does, without loading libtorch.</summary>
internal sealed class TrainingJobReader : IJobReader
{
    /// <inheritdoc/>
    public AcceptedJob Read(string text, IReadOnlyList<string> overrides) => Guard(() =>
    {
        var (job, warnings) = JobFile.ReadText(text, "job", overrides);
        if (job.Parallel is not { LinkLatencyUs: null, LinkGbS: null })
        {
            const string Allowed = "allowed only with train --isolation in-process, "
                + "where they simulate a network between worker threads; omit them";
            throw new ConfigException("job", [new ConfigProblem("parallel.link_latency_us, parallel.link_gb_s", "set", Allowed)]);
        }

        job = JobCheckpoints.Pin(Rooted(job), isResumed: false);
        return new AcceptedJob(job.Describe(),
            [.. warnings.Select(warning => new SubmissionWarning(warning.Keys, warning.Text)), .. LeftOut(job)]);
    });

    /// <inheritdoc/>
    public JobDescription Restore(string jobJson) => Guard(() =>
        TrainingJob.FromJson(JsonNode.Parse(jobJson) as JsonObject ?? throw new JsonException("It must be an object.")).Describe());

    /// <inheritdoc/>
    public ICheckpointFolders Checkpoints { get; } = new CheckpointFolders();

    /// <inheritdoc/>
    public IReadOnlyList<ConfigProblem> StartProblems(JobDescription job)
    {
        var section = TrainingJob.FromJson((JsonObject)JsonNode.Parse(job.JobJson)!).Checkpoint;
        if (section.Overwrite) return [];
        try
        {
            var others = CheckpointRuns.All(new DirectoryStore(section.Directory));
            if (others.Count == 0) return [];
            return
            [
                new ConfigProblem("checkpoint.directory", section.Directory, CheckpointRuns.Describe(others))
                {
                    Fix = CheckpointRuns.HowToStart
                },
            ];
        }
        catch (CheckpointException)
        {
            return []; // this process cannot read the folder; the workers check it
        }
    }

    // Warns about keys that a coordinator does not support.
    private static IEnumerable<SubmissionWarning> LeftOut(TrainingJob job)
    {
        if (job.Sample.Tokens > 0)
        {
            var chat = job.Sample.Chat ? "--chat " : "";
            yield return new SubmissionWarning(["sample.tokens"],
                $"no sample of {job.Sample.Tokens} tokens is generated: a coordinator does not load the model. "
                + $"After the run: generate --checkpoint {job.Checkpoint.Directory} {chat}--prompt \"{job.Sample.Prompt}\" "
                + $"--tokens {job.Sample.Tokens}");
        }
    }

    // Makes paths absolute, because workers have other working directories.
    private static TrainingJob Rooted(TrainingJob job) => job with
    {
        Data = job.Data with
        {
            Corpus = [.. job.Data.Corpus.Select(path => path == DataSection.DefaultCorpus ? path : Path.GetFullPath(path))],
            Examples = [.. job.Data.Examples.Select(Path.GetFullPath)],
            Evaluation = [.. job.Data.Evaluation.Select(Path.GetFullPath)],
            Tokenizer = Rooted(job.Data.Tokenizer),
            Cache = Rooted(job.Data.Cache),
        },
        Objective = job.Objective with { Reference = Rooted(job.Objective.Reference), Teacher = Rooted(job.Objective.Teacher) },
        Checkpoint = job.Checkpoint with
        {
            Directory = Path.GetFullPath(job.Checkpoint.Directory), Initial = Rooted(job.Checkpoint.Initial),
        },
    };

    private static string? Rooted(string? path) => path is null ? null : Path.GetFullPath(path);

    private static T Guard<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (ConfigException wrong)
        {
            throw new JobRefusedException([.. wrong.Problems.Take(ConfigException.MaxListed)]);
        }
        catch (JsonException wrong)
        {
            throw new JobRefusedException([new ConfigProblem("job", null, "is not JSON") { Fix = wrong.Message }]);
        }
    }
}
