using System.Text.Json.Nodes;
using Distributed.Cli.Output;
using Distributed.Coordinator.Jobs;
using Distributed.Planning;
using Distributed.Protocol;

namespace Distributed.Cli.Training;

/// <summary>Writes every event as a line of JSON.</summary>
internal sealed class JsonView(CommandOutput streams) : ITrainView
{
    private readonly JsonLines _lines = new(streams.Output);

    public async Task ShowAsync(NoticeStream notices, RunFigures figures)
    {
        await foreach (var notice in notices.All)
        {
            var line = figures.Apply(notice);
            switch (notice)
            {
                case PlanMade plan:
                    _lines.Write("plan", new JsonObject
                    {
                        ["workers"] = plan.Workers.Count, ["precision"] = plan.Plan.Precision.Name(),
                        ["placement"] = PlanTable.Fields(plan.Plan)
                    });
                    break;
                case RankReported { Rank: 0, Event: var message }:
                    Write(message, line);
                    break;
                default:
                    if (Fields(notice) is var (name, fields)) _lines.Write(name, fields);
                    break;
            }
        }
    }

    // Returns the event for a notice about workers or epochs; null for other notices.
    private static (string Name, JsonObject Fields)? Fields(JobNotice notice) => notice switch
    {
        RecoveryBegan began => ("recovery",
            new JsonObject
            {
                ["step"] = began.Step, ["cause"] = FailureText.Word(began.Failure.Cause), ["reason"] = began.Failure.Reason,
                ["culprit_rank"] = began.Failure.Rank
            }),
        RescaleBegan began => ("rescale", new JsonObject { ["step"] = began.Step, ["reason"] = began.Reason }),
        WorkerArrived arrived => ("worker_joined",
            new JsonObject { ["worker"] = arrived.Worker, ["present"] = arrived.Present, ["wanted"] = arrived.Wanted }),
        WorkerLeft left => ("worker_left",
            new JsonObject { ["worker"] = left.Worker, ["present"] = left.Present, ["wanted"] = left.Wanted }),
        WorkerLeaving leaving => ("worker_leaving", new JsonObject { ["worker"] = leaving.Worker, ["rank"] = leaving.Rank }),
        ReplacementAwaited awaited => ("replacement_awaited",
            new JsonObject { ["missing"] = awaited.Missing, ["seconds"] = awaited.Wait.TotalSeconds }),
        WorkerSlow slow => ("slow_worker",
            new JsonObject
            {
                ["step"] = slow.Step, ["rank"] = slow.Rank, ["worker"] = slow.Worker, ["phase"] = slow.Phase,
                ["times"] = JsonLines.Number(slow.Factor)
            }),
        EpochBegan epoch => ("epoch",
            new JsonObject
            {
                ["epoch"] = epoch.Epoch, ["workers"] = epoch.Workers, ["from_step"] = epoch.FromStep, ["steps_replayed"] = epoch.Replayed,
                ["steps_lost"] = epoch.Lost, ["from"] = epoch.From
            }),
        _ => null,
    };

    public void ShowMessage(string message) => streams.Error.WriteLine(message);

    /// <summary>Returns the figures of an evaluation.</summary>
    public static JsonObject Fields(HeldOutScored evaluation) => new()
    {
        ["loss"] = JsonLines.Number(evaluation.Loss),
        ["perplexity"] = JsonLines.Number(Math.Exp(evaluation.Loss)),
        ["bits_per_byte"] = JsonLines.Number(evaluation.BitsPerByte),
        ["gzip_bits_per_byte"] = JsonLines.Number(evaluation.GzipBitsPerByte),
        ["max_vio"] = JsonLines.Number(evaluation.MaxVio),
        ["mean_max_vio"] = JsonLines.Number(evaluation.MeanMaxVio),
        ["tokens"] = evaluation.Tokens,
        ["seconds"] = JsonLines.Number(evaluation.Seconds),
    };

    /// <summary>Returns the reason why evaluations are omitted.</summary>
    public static JsonObject Fields(EvaluationOmitted omitted) =>
        new() { ["tokens_found"] = omitted.TokensFound, ["tokens_needed"] = omitted.TokensNeeded };

    private void Write(WorkerEvent message, StepLine? line)
    {
        var step = message.Identity.Step;
        switch (message.EventCase)
        {
            case WorkerEvent.EventOneofCase.Ready:
                _lines.Write("ready", new JsonObject { ["next_step"] = step });
                break;
            case WorkerEvent.EventOneofCase.Step when line is not null:
                _lines.Write("step", Fields(line));
                break;
            case WorkerEvent.EventOneofCase.Evaluation:
                var fields = Fields(message.Evaluation);
                fields["step"] = step;
                _lines.Write("evaluation", fields);
                break;
            case WorkerEvent.EventOneofCase.EvaluationOmitted:
                _lines.Write("evaluation_omitted", Fields(message.EvaluationOmitted));
                break;
            case WorkerEvent.EventOneofCase.Checkpoint:
                _lines.Write("checkpoint", new JsonObject
                {
                    ["step"] = step, ["directory"] = message.Checkpoint.Directory, ["bytes"] = message.Checkpoint.Bytes,
                    ["seconds"] = message.Checkpoint.Seconds, ["held_up_seconds"] = message.Checkpoint.HeldUpSeconds,
                    ["not_removed"] = new JsonArray([.. message.Checkpoint.NotRemoved.Select(problem => JsonValue.Create(problem))]),
                });
                break;
            case WorkerEvent.EventOneofCase.Profile:
                _lines.Write("profile", ProfileTable.Fields(new StepProfile(message.Profile, step)));
                break;
            case WorkerEvent.EventOneofCase.SaveFailed:
                _lines.Write("checkpoint_failed", new JsonObject { ["step"] = step, ["message"] = message.SaveFailed.Message });
                break;
            default: break;
        }
    }

    private static JsonObject Fields(StepLine line) => new()
    {
        ["step"] = line.Step,
        ["steps"] = line.Steps,
        ["loss"] = JsonLines.Number(line.Figures.Loss),
        ["mtp_losses"] = new JsonArray([.. line.Figures.MtpLosses.Select(JsonLines.Number)]),
        ["balance_loss"] = JsonLines.Number(line.Figures.BalanceLoss),
        ["gradient_norm"] = JsonLines.Number(line.Figures.GradientNorm),
        ["learning_rate"] = JsonLines.Number(line.Figures.LearningRate),
        ["tokens"] = line.Figures.Tokens,
        ["max_vio"] = JsonLines.Number(line.Figures.MaxVio),
        ["seconds"] = JsonLines.Number(line.Figures.Seconds),
        ["tokens_per_second"] = JsonLines.Number(line.TokensPerSecond),
        ["exchange_share"] = JsonLines.Number(line.ExchangeShare),
        ["seconds_left"] = JsonLines.Number(line.SecondsLeft),
    };
}
