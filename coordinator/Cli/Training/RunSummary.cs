using System.Text.Json.Nodes;
using Distributed.Cli.Models;
using Distributed.Cli.Output;
using Distributed.Coordinator.Jobs;
using Distributed.Data.Preparation;
using Distributed.Protocol;
using Distributed.Rollouts.Sampling;
using Distributed.Training.Jobs;

namespace Distributed.Cli.Training;

/// <summary>What is said when a run has ended: how well it predicts, what it writes, where it is kept, how to go on.</summary>
internal sealed class RunSummary(Shell shell, bool json)
{
    /// <summary>Says it.</summary>
    /// <returns>The exit status.</returns>
    public int Write(TrainingJob job, PreparedData data, RunFigures figures, JobOutcome outcome)
    {
        var sample = outcome.State == JobState.Completed && !shell.Stop.IsRequested ? Sample(job) : null;
        var next = figures.Checkpoint is null ? null : Continue(job, outcome);
        if (json) WriteJson(figures, outcome, sample, next);
        else WriteText(job, figures, outcome, sample, next);
        if (outcome.State == JobState.Failed)
        {
            shell.Error.WriteLine($"failed: {outcome.Reason}");
            if (outcome.Detail.Length > 0) shell.Error.WriteLine(outcome.Detail);
        }

        return outcome.ExitStatus;
    }

    private void WriteText(TrainingJob job, RunFigures figures, JobOutcome outcome, string? sample, string? next)
    {
        var output = shell.Output;
        output.WriteLine();
        if (figures.Evaluations.Count > 0)
        {
            var (first, last) = (figures.Evaluations.First(), figures.Evaluations.Last());
            output.WriteLine($"held-out text after step {last.Key}: {NoticeText.Of(last.Value)}");
            if (first.Key != last.Key)
                output.WriteLine(Format.Invariant($"its loss fell to {100 * last.Value.Loss / first.Value.Loss:0.0} % of {first.Value.Loss:0.0000}, its value after step {first.Key}"));
        }

        if (sample is not null)
        {
            output.WriteLine();
            output.WriteLine($"sample: {sample}");
            output.WriteLine();
        }

        if (figures.Profile is { } profile) ProfileTable.Write(shell, profile);
        if (outcome.Ledger is { } ledger) output.WriteLine(LedgerText.Of(ledger));
        if (outcome.State == JobState.Stopped) output.WriteLine($"stopped after step {outcome.Step} of {figures.Steps}: {outcome.Reason}");
        if (figures.Checkpoint is not { } checkpoint) return;
        output.WriteLine($"checkpoint: {Format.Location(checkpoint.Saved.Directory)} (step {checkpoint.Step})");
        output.WriteLine($"go on:      {next}");
        output.WriteLine($"generate:   {CommandLine.Invocation} generate --checkpoint {Quote(job.Checkpoint.Directory)} --prompt {Quote(job.Sample.Prompt)}");
    }

    private void WriteJson(RunFigures figures, JobOutcome outcome, string? sample, string? next)
    {
        var evaluation = figures.Evaluations.Count > 0 ? JsonView.Fields(figures.Evaluations.Last().Value) : null;
        new JsonLines(shell.Output).Write("summary", new JsonObject
        {
            ["outcome"] = outcome.State.ToString().ToLowerInvariant(),
            ["reason"] = outcome.Reason,
            ["culprit_rank"] = outcome.Culprit,
            ["exit"] = outcome.ExitStatus,
            ["step"] = outcome.Step,
            ["steps"] = figures.Steps,
            ["evaluation"] = evaluation,
            ["first_evaluation_loss"] = figures.Evaluations.Count > 0 ? JsonLines.Number(figures.Evaluations.First().Value.Loss) : null,
            ["ledger"] = outcome.Ledger is { } ledger ? ledger.ToJson() : null,
            ["sample"] = sample,
            ["checkpoint"] = figures.Checkpoint?.Saved.Directory,
            ["continue"] = next,
        });
    }

    private static string? Sample(TrainingJob job)
    {
        if (job.Sample.Tokens == 0) return null;
        using var model = CheckpointModel.Load(job.Checkpoint.Directory);
        return job.Sample.Prompt + model.Generate(job.Sample.Prompt, new SamplingOptions
        {
            MaxTokens = job.Sample.Tokens, Temperature = job.Sample.Temperature, TopP = job.Sample.TopP, Seed = job.Seed,
        });
    }

    private static string Continue(TrainingJob job, JobOutcome outcome) =>
        $"{CommandLine.Invocation} train --resume {Quote(job.Checkpoint.Directory)}" + (outcome.State == JobState.Completed ? $" --set training.steps={2 * job.Training.Steps}" : "");

    private static string Quote(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "/._-=".Contains(c, StringComparison.Ordinal)) ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
