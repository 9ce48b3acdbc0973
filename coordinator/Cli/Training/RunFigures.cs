using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Reports;
using Distributed.Protocol;

namespace Distributed.Cli.Training;

/// <summary>
/// Accumulates the reports of a run. Only rank 0's reports are used: the ranks' reports of a step are equal, except for the times.
/// </summary>
/// <param name="steps">Number of steps of the whole run.</param>
internal sealed class RunFigures(long steps)
{
    private const int Window = 20; // steps; the remaining time is estimated from their mean

    private readonly Queue<double> _seconds = [];

    /// <summary>The latest plan; null before the first.</summary>
    public PlanMade? Plan { get; private set; }

    /// <summary>Number of steps of the whole run.</summary>
    public long Steps => steps;

    /// <summary>Number of steps committed before this run started; null until rank 0 is ready.</summary>
    public long? FirstStep { get; private set; }

    /// <summary>The latest committed step; null before the first.</summary>
    public StepLine? Last { get; private set; }

    /// <summary>The evaluations by step.</summary>
    public SortedDictionary<long, HeldOutScored> Evaluations { get; } = [];

    /// <summary>The reason why evaluations are omitted; null if they are not omitted.</summary>
    public EvaluationOmitted? Omitted { get; private set; }

    /// <summary>The latest saved checkpoint and its step; null before the first.</summary>
    public (long Step, CheckpointSaved Saved)? Checkpoint { get; private set; }

    /// <summary>The profile of the measured steps; null before it is reported.</summary>
    public StepProfile? Profile { get; private set; }

    /// <summary>Adds a notice.</summary>
    /// <returns>The step that the notice reports; null for other notices.</returns>
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
