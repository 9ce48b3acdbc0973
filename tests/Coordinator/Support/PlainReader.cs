using Distributed.Configuration;
using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Service.Execution;
using Distributed.Planning;

namespace Distributed.Coordinator.Tests.Support;

/// <summary>
/// Reads jobs of the form <c>name workers steps</c>, optionally followed by <c>min_workers</c> (default: workers) and <c>wait_seconds</c>
/// (default: 0). An override sets the number of steps: <c>steps=5</c>.
/// </summary>
internal sealed class PlainReader : IJobReader
{
    public AcceptedJob Read(string text, IReadOnlyList<string> overrides)
    {
        var words = text.Split(' ');
        var problems = new List<ConfigProblem>();
        if (words.Length is < 3 or > 5)
            throw new JobRefusedException([new ConfigProblem("job", text, "is no job") { Fix = "name, workers and steps" }]);
        if (!int.TryParse(words[1], out var workers) || workers < 1)
            problems.Add(new ConfigProblem("parallel.workers", words[1], "is not allowed") { Fix = "a whole number, at least 1" });
        if (!int.TryParse(words[2], out var steps) || steps < 1)
            problems.Add(new ConfigProblem("training.steps", words[2], "is not allowed") { Fix = "a whole number, at least 1" });
        if (problems.Count > 0) throw new JobRefusedException(problems);
        foreach (var change in overrides) steps = int.Parse(change["steps=".Length..], System.Globalization.CultureInfo.InvariantCulture);
        var recovery = new RecoveryPolicy
        {
            ReplacementTimeout = TimeSpan.FromSeconds(Number(words, 4) ?? 0), MinWorkers = Number(words, 3) ?? workers
        };
        var plan = new PlanRequest(words[0], new RankGrid(workers, 1), 16, [1, 2], GlobalBatch: 16, Accumulation: 1, Steps: steps);
        return new AcceptedJob(
            new JobDescription(plan, string.Join(' ', [words[0], $"{workers}", $"{steps}", .. words[3..]]), recovery), Warnings: []);
    }

    public IReadOnlyList<ConfigProblem> StartProblems(JobDescription job) => [];

    private static int? Number(string[] words, int index) =>
        words.Length > index ? int.Parse(words[index], System.Globalization.CultureInfo.InvariantCulture) : null;

    public JobDescription Restore(string jobJson) => Read(jobJson, []).Job;

    public ICheckpointFolders Checkpoints { get; init; } = new PlainFolders();
}
