using Distributed.Cli.Output;
using Distributed.Coordinator.Jobs;
using Distributed.Planning;
using Distributed.Protocol;

namespace Distributed.Cli.Training;

/// <summary>A committed step as it is shown.</summary>
internal sealed record StepLine(long Step, long Steps, StepCommitted Figures, double SecondsLeft)
{
    /// <summary>Tokens of the global batch per second.</summary>
    public double TokensPerSecond => Figures.Tokens / Math.Max(Figures.Seconds, 1e-9);

    /// <summary>Part of the step spent in exchanges, waiting for slower ranks included.</summary>
    public double ExchangeShare => Figures.ExchangeSeconds / Math.Max(Figures.Seconds, 1e-9);

    /// <summary>One line of text.</summary>
    public override string ToString() => Format.Invariant(
        $"step {Step,5}/{Steps}  loss {Figures.Loss:0.0000}  {TokensPerSecond,7:0} tokens/s  exchange {100 * ExchangeShare,3:0} %  MaxVio {Figures.MaxVio:0.00}  rate {Figures.LearningRate:0.0e+0}  left {Amount.Duration(SecondsLeft)}");
}

/// <summary>What has been heard of a run so far. All ranks say the same of a step but for its times, so rank 0 speaks.</summary>
internal sealed class RunFigures(long steps)
{
    private const int Window = 20; // steps that the estimate of the end is the mean of

    private readonly Queue<double> _seconds = [];

    /// <summary>The plan, once made.</summary>
    public PlanMade? Plan { get; private set; }

    /// <summary>Steps of the whole run.</summary>
    public long Steps => steps;

    /// <summary>Steps committed before this run began.</summary>
    public long? FirstStep { get; private set; }

    /// <summary>The newest step.</summary>
    public StepLine? Last { get; private set; }

    /// <summary>Evaluations by step.</summary>
    public SortedDictionary<long, HeldOutScored> Evaluations { get; } = [];

    /// <summary>Why there are no evaluations; null where there are, or none is asked for.</summary>
    public EvaluationOmitted? Omitted { get; private set; }

    /// <summary>The newest checkpoint on disk, and its step.</summary>
    public (long Step, CheckpointSaved Saved)? Checkpoint { get; private set; }

    /// <summary>Where the time of the steps went that were profiled.</summary>
    public StepProfile? Profile { get; private set; }

    /// <summary>Takes a notice in.</summary>
    /// <returns>The line that it adds, or null.</returns>
    public StepLine? Apply(JobNotice notice)
    {
        switch (notice)
        {
            case PlanMade plan:
                Plan = plan;
                return null;
            case RankReported { Rank: 0, Event: var message }:
                return Apply(message);
            default:
                return null;
        }
    }

    private StepLine? Apply(WorkerEvent message)
    {
        var step = message.Identity.Step;
        switch (message.EventCase)
        {
            case WorkerEvent.EventOneofCase.Ready:
                FirstStep = step;
                return null;
            case WorkerEvent.EventOneofCase.Step:
                _seconds.Enqueue(message.Step.Seconds);
                if (_seconds.Count > Window) _seconds.Dequeue();
                return Last = new StepLine(step, steps, message.Step, (steps - step) * _seconds.Average());
            case WorkerEvent.EventOneofCase.Evaluation:
                Evaluations[step] = message.Evaluation;
                return null;
            case WorkerEvent.EventOneofCase.EvaluationOmitted:
                Omitted = message.EvaluationOmitted;
                return null;
            case WorkerEvent.EventOneofCase.Checkpoint:
                Checkpoint = (step, message.Checkpoint);
                return null;
            case WorkerEvent.EventOneofCase.Profile:
                Profile = new StepProfile(message.Profile, step);
                return null;
            default:
                return null;
        }
    }
}
