using System.Text.Json.Nodes;
using Distributed.Cli.Models;
using Distributed.Cli.Output;
using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Reports;
using Distributed.Data.Preparation;
using Distributed.Models;
using Distributed.Protocol;
using Distributed.Rollouts.Sampling;
using Distributed.Training.Jobs;

namespace Distributed.Cli.Training;

/// <summary>Writes the summary of a run: evaluation, sample, checkpoint, and the command that resumes the run.</summary>
internal sealed class RunSummary(CommandOutput streams, bool json)
{
    /// <summary>Writes the summary.</summary>
    /// <returns>The exit status.</returns>
    public int Write(TrainingJob job, PreparedData data, RunFigures figures, JobOutcome outcome)
    {
        var sample = outcome.State == JobState.Completed && !streams.Stop.IsRequested ? Sample(job) : null;
        var checkpointExists = figures.Checkpoint is { } saved && Directory.Exists(saved.Saved.Directory); // it may have been removed
        var checkpoint = checkpointExists ? figures.Checkpoint : null;
        var next = checkpoint is null ? null : Continue(job, outcome.State == JobState.Completed);
        if (json) WriteJson(job, figures, outcome, sample, checkpoint?.Saved.Directory, next);
        else WriteText(job, figures, outcome, sample, checkpoint, next);
        if (outcome.State == JobState.Failed)
        {
            streams.Error.WriteLine($"failed: {outcome.Reason}");
            if (outcome.Detail.Length > 0) streams.Error.WriteLine(outcome.Detail);
        }

        return outcome.ExitStatus;
    }

    /// <summary>Writes the summary of a resumed run that has already done all its steps.</summary>
    /// <returns>The exit status.</returns>
    public int WriteNothingLeft(TrainingJob job, ResumePoint start)
    {
        var reason = $"nothing is left to do: {start.Checkpoint} is after step {start.Step}, and the job has {job.Training.Steps} steps";
        var next = Continue(job, isCompleted: true);
        var outcome = new JobOutcome(JobState.Completed, reason, null, start.Step);
        if (json) WriteJson(job, new RunFigures(job.Training.Steps), outcome, null, start.Checkpoint, next);
        else
        {
            streams.Output.WriteLine(reason);
            streams.Output.WriteLine($"resume:     {next}");
        }

        return ExitStatus.Ok;
    }

    private void WriteText(TrainingJob job, RunFigures figures, JobOutcome outcome, GeneratedText? sample,
        (long Step, CheckpointSaved Saved)? kept, string? next)
    {
        var output = streams.Output;
        output.WriteLine();
        if (figures.Evaluations.Count > 0)
        {
            var (first, last) = (figures.Evaluations.First(), figures.Evaluations.Last());
            output.WriteLine($"held-out text after step {last.Key}: {NoticeText.Of(last.Value)}");
            if (first.Key != last.Key)
            {
                var share = Format.Invariant($"{100 * last.Value.Loss / first.Value.Loss:0.0} %");
                output.WriteLine(Format.Invariant($"the loss is {share} of its value after step {first.Key}, {first.Value.Loss:0.0000}"));
            }
        }

        if (figures.Omitted is { } omitted) output.WriteLine(NoticeText.Of(omitted));
        if (sample is not null)
        {
            output.WriteLine();
            output.WriteLine($"sample: {Shown(job, sample)}");
            if (sample.Remark is { } remark) output.WriteLine($"({remark})");
            output.WriteLine();
        }

        if (figures.Profile is { } profile) ProfileTable.Write(streams, profile);
        if (outcome.Ledger is { } ledger) output.WriteLine(LedgerText.Of(ledger));
        if (outcome.State == JobState.Stopped) output.WriteLine($"stopped after step {outcome.Step} of {figures.Steps}: {outcome.Reason}");
        if (kept is not { } checkpoint) return;
        output.WriteLine($"checkpoint: {Format.Location(checkpoint.Saved.Directory)} (step {checkpoint.Step})");
        output.WriteLine($"resume:     {next}");
        if (job.Model.Heads == DecoderHeads.Score) return;
        output.WriteLine($"generate:   {CommandLine.Invocation} generate --checkpoint {Quote(job.Checkpoint.Directory)} "
            + (job.Sample.Chat ? "--chat " : "") + $"--prompt {Quote(job.Sample.Prompt)}");
    }

    private void WriteJson(TrainingJob job, RunFigures figures, JobOutcome outcome, GeneratedText? sample, string? checkpoint, string? next)
    {
        var evaluation = figures.Evaluations.Count > 0 ? EvaluationJson.Of(figures.Evaluations.Last().Value) : null;
        new JsonLines(streams.Output).Write("summary", new JsonObject
        {
            ["outcome"] = JsonFormat.Word(outcome.State),
            ["failure_cause"] = outcome.Failure is { } failure ? FailureText.Word(failure.Cause) : null,
            ["reason"] = outcome.Reason,
            ["culprit_rank"] = outcome.Culprit,
            ["exit"] = outcome.ExitStatus,
            ["step"] = outcome.Step,
            ["steps"] = figures.Steps,
            ["evaluation"] = evaluation,
            ["first_evaluation_loss"] = figures.Evaluations.Count > 0 ? JsonFormat.Number(figures.Evaluations.First().Value.Loss) : null,
            ["ledger"] = outcome.Ledger is { } ledger ? ledger.ToJson() : null,
            ["evaluation_omitted"] = figures.Omitted is { } omitted ? EvaluationJson.Of(omitted) : null,
            ["sample"] = sample is null ? null : Shown(job, sample),
            ["sample_tokens"] = sample?.Tokens,
            ["sample_stop"] = sample?.StopWord,
            ["checkpoint"] = checkpoint,
            ["continue"] = next,
        });
    }

    private static string Shown(TrainingJob job, GeneratedText sample) =>
        job.Sample.Prompt + (job.Sample.Chat ? "\n" : "") + sample.Text;

    private GeneratedText? Sample(TrainingJob job)
    {
        if (job.Sample.Tokens == 0) return null;
        using var model = CheckpointModel.Load(streams, job.Checkpoint.Directory);
        return model.Generate(job.Sample.Prompt, job.Sample.Chat, new SamplingOptions
        {
            MaxTokens = job.Sample.Tokens, Temperature = job.Sample.Temperature, TopP = job.Sample.TopP, Seed = job.Seed,
        });
    }

    private static string Continue(TrainingJob job, bool isCompleted) =>
        $"{CommandLine.Invocation} train --resume {Quote(job.Checkpoint.Directory)}"
            + (isCompleted ? $" --set training.steps={2 * job.Training.Steps}" : "");

    private static string Quote(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "/._-=".Contains(c, StringComparison.Ordinal))
            ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
